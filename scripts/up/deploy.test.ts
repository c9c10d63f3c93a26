import { describe, expect, it } from "vitest";
import { deploy, type Start } from "./deploy.ts";

const PULUMI = "node_modules/pulumi/run.js";
const AFTERWARDS = ["scripts/push.ts", "scripts/next.ts"];

describe("npm run up", () => {
  it("deploys with the options as given, publishes the package, and says what is next", async () => {
    const { start, started } = record();
    expect(await deploy(["--yes", "--skip-preview"], start)).toBe(0);
    expect(started.map(({ command }) => command)).toEqual([
      `${PULUMI} up --yes --skip-preview`,
      ...AFTERWARDS,
    ]);
  });

  it.each([
    [["--stack", "other"], "other"],
    [["--yes", "--stack=org/project/other"], "org/project/other"],
    [["-s", "other", "--yes"], "other"],
    [["--yes"], undefined],
    [["--stack"], undefined],
  ])("%s: every step works on that stack", async (options, stack) => {
    const { start, started } = record();
    await deploy(options, start);
    expect(started).toHaveLength(3);
    expect(started.map(({ env }) => env["PULUMI_STACK"])).toEqual([stack, stack, stack]);
  });

  it.each(["--help", "-h", "--preview-only"])(
    "%s deploys nothing: no step follows",
    async (option) => {
      const { start, started } = record();
      await deploy([option], start);
      expect(started.map(({ command }) => command)).toEqual([`${PULUMI} up ${option}`]);
    },
  );

  it("goes no further than a step that fails, and ends as that step", async () => {
    const { start, started } = record({ "scripts/push.ts": 3 });
    expect(await deploy([], start)).toBe(3);
    expect(started.map(({ command }) => command)).toEqual([`${PULUMI} up`, "scripts/push.ts"]);
  });
});

function record(codes: Record<string, number> = {}) {
  const started: { command: string; env: Record<string, string> }[] = [];
  const start: Start = (command, env) => {
    started.push({ command: command.join(" "), env });
    return Promise.resolve(codes[command[0] ?? ""] ?? 0);
  };
  return { start, started };
}
