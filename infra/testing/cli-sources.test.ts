import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildCli, builtCli } from "./cli-sources.ts";
import { writeScript } from "./write-script.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cli-sources-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe("buildCli", () => {
  it("has Go build Pulumi's module, and keeps what comes of it for all checkouts", async () => {
    const env = await withGo('[ "$1" != build ] || echo built > "$5"');
    await buildCli(10_000, env);
    expect(await readFile(builtCli(env), "utf8")).toBe("built\n");
    expect(builtCli(env)).toMatch(/\/cache\/m365-twitter-connector\/pulumi-v3\.[\d.]+\/pulumi$/);
    const calls = await readFile(join(directory, "calls"), "utf8");
    const program = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
    expect(calls).toMatch(new RegExp(`^mod init engine\\nget ${program}@v3\\.\\d`));
    expect(await besides(env)).toEqual(["pulumi"]);
  });

  it.each([
    ["there is no Go", undefined, "ENOENT"],
    ["Go fails", "echo a mistake >&2; exit 3", "go mod init engine ended with 3: a mistake"],
    ["Go takes too long", "sleep 60 & wait", "timeout"],
  ])("leaves nothing where %s", async (_, go, message) => {
    const env = await withGo(go);
    await expect(buildCli(500, env)).rejects.toThrow(message);
    expect(await besides(env)).toEqual([]);
  });

  /** A machine with a script that plays Go. */
  async function withGo(text: string | undefined) {
    const go = join(directory, "bin/go");
    if (text !== undefined) {
      await writeScript(go, `echo "$*" >> '${directory}/calls'; ${text}`);
    }
    const path = text === undefined ? [dirname(go)] : [dirname(go), "/usr/bin", "/bin"];
    return { PATH: path.join(delimiter), XDG_CACHE_HOME: join(directory, "cache") };
  }
});

async function besides(env: { XDG_CACHE_HOME: string }): Promise<string[]> {
  return readdir(dirname(builtCli(env)));
}
