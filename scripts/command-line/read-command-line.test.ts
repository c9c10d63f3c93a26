import { describe, expect, it } from "vitest";
import { z } from "zod";
import packageJson from "../../package.json" with { type: "json" };
import { script as arm } from "../arm.ts";
import { script as bench } from "../bench.ts";
import { script as build } from "../build.ts";
import { script as chaos } from "../chaos.ts";
import { script as doctor } from "../doctor.ts";
import { script as exporting } from "../export.ts";
import { script as handoff } from "../handoff.ts";
import { script as local } from "../local.ts";
import { script as next } from "../next.ts";
import { script as push } from "../push.ts";
import { script as requeue } from "../requeue.ts";
import { script as smoke } from "../smoke.ts";
import { script as trace } from "../trace.ts";
import { script as verify } from "../verify.ts";
import { option } from "./options.ts";
import { HelpAsked, readCommandLine, type Script, UsageError } from "./read-command-line.ts";

const SCRIPTS: readonly Script<z.ZodObject>[] = [
  arm,
  bench,
  build,
  chaos,
  doctor,
  exporting,
  handoff,
  local,
  next,
  push,
  requeue,
  smoke,
  trace,
  verify,
];
/** Names of package.json that are no scripts of ours: tools with command lines of their own. */
const TOOLS = new Set(["test", "test:unit", "test:system", "check", "format", "up", "preview"]);
const ARCHIVE = "https://account.blob.core.windows.net/archive";
const QUEUE = "https://account.queue.core.windows.net/work";

describe("the scripts", () => {
  it("are all that package.json names", () => {
    const named = Object.keys(packageJson.scripts);
    expect(SCRIPTS.map(({ name }) => name).sort()).toEqual(
      named.filter((name) => !TOOLS.has(name)).sort(),
    );
  });

  describe.each(SCRIPTS)("$name", (script) => {
    it.each(["-h", "--help"])("explains itself and every option for %s", (flag) => {
      const help = helpOf(script, [flag]);
      expect(help).toContain(`Usage: npm run ${script.name} -- [options]`);
      const listed = [...help.matchAll(/^ {2}(?:-h, )?--[a-z-]+/gm)];
      expect(listed).toHaveLength(Object.keys(script.options.shape).length + 1);
    });

    it.each(["--unheard-of", "-x"])("refuses %s", (flag) => {
      expect(refusalOf(script, [flag])).toBe(
        `unknown option '${flag}' (npm run ${script.name} -- --help lists all options)`,
      );
    });

    it("refuses a word that belongs to nothing", () => {
      expect(refusalOf(script, ["word"])).toMatch(/^"word" belongs to no option: remove it/);
    });
  });
});

it("Options of the same kind have words of their own", () => {
  const kind = z.string().optional();
  const options = z.object({
    from: option(kind, "TIME", "the first"),
    to: option(kind, "TIME", "the last"),
  });
  expect(helpOf({ name: "any", about: "Any.", options }, ["--help"])).toMatch(
    /--from <TIME> +the first\n.*--to <TIME> +the last\n/,
  );
});

type Row<T> = [script: Script<z.ZodObject>, line: string, expected: T];
const titled = <T>(rows: Row<T>[]) => rows.map((row) => [row[0].name, row[1], row] as const);

const MEANT: Row<Record<string, unknown>>[] = [
  [local, "", { once: false, json: false, history: false, window: 24 }],
  [
    local,
    "--once --json --history --posts p --users u --user 12 --includes i --window 0.5 --x http://127.0.0.1:1 --keep d",
    {
      once: true,
      json: true,
      history: true,
      window: 0.5,
      posts: "p",
      users: "u",
      user: "12",
      includes: "i",
      x: "http://127.0.0.1:1",
      keep: "d",
    },
  ],
  [local, "--window=.25 --fault x-unavailable", { window: 0.25, fault: "x-unavailable" }],
  [chaos, "", { rounds: 5, together: 2, json: false }],
  [chaos, "--rounds 50 --seed 0 --together 1", { rounds: 50, seed: 0, together: 1 }],
  [bench, "", { repeats: 3 }],
  [bench, "--only delivery --repeats 1", { only: "delivery", repeats: 1 }],
  [smoke, "", { wait: 300 }],
  [smoke, "--wait 0 --outputs o.json", { wait: 0, outputs: "o.json" }],
  [handoff, "--sheet A.HTM", { sheet: { file: "A.HTM", format: "html" }, showSecrets: false }],
  [
    handoff,
    "--sheet a.b.md --show-secrets",
    { sheet: { file: "a.b.md", format: "markdown" }, showSecrets: true },
  ],
  [verify, `--archive ${ARCHIVE} --json`, { archive: ARCHIVE, json: true }],
  [verify, "--kept DIR", { kept: "DIR", json: false }],
  [requeue, "", { dryRun: false }],
  [
    requeue,
    `--work-queue ${QUEUE} --poison-queue ${QUEUE}2 --dry-run`,
    { workQueue: QUEUE, poisonQueue: `${QUEUE}2`, dryRun: true },
  ],
  [trace, "--log console.log", { log: "console.log" }],
  [build, "", {}],
];

const REFUSED: Row<string>[] = [
  [local, "--windows 1", "unknown option '--windows' (Did you mean --window?)"],
  [local, "--onec", "(Did you mean --once?)"],
  [chaos, "--round 5", "(Did you mean --rounds?)"],
  [local, "--once=yes", "--once takes no value: remove it"],
  [local, "--posts", "option '--posts <FILE>' argument missing"],
  [local, "--keep=", "--keep needs a value: write --keep DIR"],
  [local, "--keep --once", "--keep needs a value: write --keep DIR"],
  [local, "--keep a --keep b", "--keep is given twice: keep one"],
  [local, "--window 0", "--window 0: write a number of hours above 0"],
  [local, "--window day", "--window day: write a number of hours above 0"],
  [local, "--window=-1", "--window -1: write a number of hours above 0"],
  [local, "--window 1e3", "--window 1e3: write a number of hours above 0"],
  [local, "--window Infinity", "--window Infinity: write a number of hours above 0"],
  [local, "--fault crash", "--fault crash: cannot be played: write one of x-unavailable, "],
  [local, "--posts p --x ftp://h", "--x ftp://h: write an http or https address"],
  [local, "--x http://h", "--x http://h: is of no use without --posts: add it"],
  [local, "--users u", "--users u: is of no use without --posts"],
  [local, "--user 1", "--user 1: is of no use without --posts"],
  [local, "--includes i", "--includes i: is of no use without --posts"],
  [chaos, "--rounds x", "--rounds x: write a whole number from 1 to"],
  [chaos, "--rounds 0", "--rounds 0: write a whole number from 1 to"],
  [chaos, "--rounds -3", "--rounds -3: write a whole number from 1 to"],
  [chaos, "--rounds 1.5", "--rounds 1.5: write a whole number from 1 to"],
  [chaos, "--rounds 99999999999999999999", "write a whole number from 1 to"],
  [chaos, "--seed abc", "--seed abc: write a whole number from 0 to"],
  [chaos, "--together 0", "--together 0: write a whole number from 1 to"],
  [bench, "--only speed", "--only speed: is no measurement: write one of program, "],
  [bench, "--repeats 0", "--repeats 0: write a whole number from 1 to"],
  [smoke, "--wait soon", "--wait soon: write a whole number from 0 to"],
  [handoff, "--sheet sheet.pdf", "--sheet sheet.pdf: write FILE.html, or FILE.md"],
  [verify, "--archive archive", "--archive archive: write an https address"],
  [verify, "--archive http://a/b", "--archive http://a/b: write an https address"],
  [
    verify,
    `--archive ${ARCHIVE} --kept DIR`,
    "--kept DIR: contradicts --archive: keep one of the two",
  ],
  [verify, `--outputs o --archive ${ARCHIVE}`, "--outputs o: contradicts --archive"],
  [requeue, `--work-queue ${QUEUE}`, "is of no use without --poison-queue"],
  [requeue, `--poison-queue ${QUEUE}`, "is of no use without --work-queue"],
  [requeue, "--work-queue work --poison-queue q", "--work-queue work: write an https address"],
  [requeue, `--work-queue ${QUEUE} --poison-queue ${QUEUE} --outputs o`, "contradicts --outputs"],
];

describe("a command line", () => {
  it.each(titled(MEANT))("%s %s", (_name, line, [script, , options]) => {
    expect(readCommandLine(script, words(line))).toMatchObject(options);
  });

  it("may have blanks in a value", () => {
    expect(readCommandLine(local, ["--keep", "a b"])).toMatchObject({ keep: "a b" });
  });

  it.each(titled(REFUSED))("refuses %s %s", (_name, line, [script, , refusal]) => {
    expect(refusalOf(script, words(line))).toContain(refusal);
  });

  it.each<[Script<z.ZodObject>, string, string, string]>([
    [local, "npm_config_once", "true", "npm took --once for itself: write npm run local -- --once"],
    [requeue, "npm_config_dry_run", "true", "npm took --dry-run for itself"],
    [chaos, "npm_config_rounds", "5", "npm took --rounds for itself"],
  ])("that lacks the -- before its options is refused: %#", (script, name, value, refusal) => {
    expect(() => readCommandLine(script, [], { [name]: value })).toThrow(refusal);
  });

  it("is not held to what npm has been set to for good", () => {
    const env = { npm_config_json: "true", npm_config_only: "production", npm_config_cache: "c" };
    expect(readCommandLine(bench, [], env)).toEqual({ json: false, repeats: 3 });
  });

  it("is told all values that are wrong, a line each", () => {
    expect(refusalOf(chaos, words("--rounds 0 --seed x"))).toMatch(
      /^--rounds 0: .*\n--seed x: .*$/,
    );
  });
});

function words(line: string): string[] {
  return line.split(" ").filter(Boolean);
}

function refusalOf(script: Script<z.ZodObject>, argv: string[]): string {
  return thrown(UsageError, script, argv);
}

function helpOf(script: Script<z.ZodObject>, argv: string[]): string {
  return thrown(HelpAsked, script, argv);
}

function thrown(
  kind: typeof UsageError | typeof HelpAsked,
  script: Script<z.ZodObject>,
  argv: string[],
): string {
  try {
    readCommandLine(script, argv);
    return "nothing was thrown";
  } catch (error) {
    return error instanceof kind ? error.message : `thrown was ${String(error)}`;
  }
}
