import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { claimFolder } from "./claim-folder.ts";

const folders: string[] = [];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "claim-test-"));
  folders.push(folder);
});
afterAll(() => Promise.all(folders.map((one) => rm(one, { recursive: true, force: true }))));

describe("a folder", () => {
  it("belongs to one process at a time, and to nobody afterwards", async () => {
    const claimed = await claimFolder(folder);
    await expect(claimFolder(folder)).rejects.toMatchObject({
      message: `${folder} is in use by process ${process.pid}`,
      remedy: expect.stringMatching(/^Stop that one, or name another folder/) as unknown,
    });
    await claimed[Symbol.asyncDispose]();
    expect(await readdir(folder)).toEqual([]);
  });

  it("is free again where the process that had it is gone", async () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    await writeFile(join(folder, "in-use.pid"), String(pid));
    await using claimed = await claimFolder(folder);
    expect(claimed).toBeDefined();
  });

  it("that is not there is not claimed", async () => {
    await expect(claimFolder(join(folder, "none"))).rejects.toThrow("ENOENT");
  });
});
