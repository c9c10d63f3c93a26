import { mkdtemp, open, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { writeWhole } from "./write-whole.ts";

test("A file is written into a folder that was not there, and nothing beside it", async () => {
  const folder = await makeFolder();
  writeWhole(join(folder, "dist/app.zip"), Buffer.from("new"));
  expect(await readdir(join(folder, "dist"))).toEqual(["app.zip"]);
  expect(await readFile(join(folder, "dist/app.zip"), "utf8")).toBe("new");
});

test("Who is reading a file reads the one content to its end while another is written", async () => {
  const file = join(await makeFolder(), "app.zip");
  writeWhole(file, Buffer.from("old, and longer"));
  await using reader = await open(file);
  writeWhole(file, Buffer.from("new"));
  expect(await reader.readFile("utf8")).toBe("old, and longer");
  expect(await readFile(file, "utf8")).toBe("new");
});

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "write-whole-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}
