import { type Given, readCommandLine, type Syntax } from "../command-line.ts";
import { NAMED_FAULTS } from "./faults/named-faults.ts";

/** What a person asked of `npm run local` (design.md section 5, the table of fixed options). */
export type Options = {
  help: boolean;
  once: boolean;
  json: boolean;
  /** True: every post exists from the start; false: X's clock follows the windows. */
  history: boolean;
  windowHours: number;
} & Partial<Record<(typeof TEXTS)[number], string>>;

export const HELP = `Usage: npm run local -- [options]

  --once            exit when the timeline is in; 0 only if every post is accounted for
  --json            the last line of standard output is one JSON object with the result
  --posts FILE      the timeline: posts in v2 shape, newline-delimited JSON
  --users FILE      their authors: newline-delimited JSON or one JSON array
  --user ID         whose timeline (default: the author of most posts)
  --includes FILE   other objects that posts refer to, newline-delimited JSON with a "kind"
  --window HOURS    length of the windows that the portal asks for (default 24)
  --history         all posts exist from the start, so that X's depth limit bites
  --x URL           another X server instead of the built-in one (needs --posts)
  --keep DIR        where state and mailbox stay, and the stack's outputs with its secrets
  --fault NAME      a fault to play once the account is signed in; a process that is
                    killed is missed after two minutes:
${Object.keys(NAMED_FAULTS)
  .map((name) => `                      ${name}\n`)
  .join("")}  --help            this text
`;

const TEXTS = ["posts", "users", "user", "includes", "x", "keep", "fault"] as const;
const NEED_POSTS = ["users", "user", "includes", "x"] as const;

const SYNTAX = {
  command: "npm run local",
  flags: ["once", "json", "history"],
  texts: {
    posts: "posts.ndjson",
    users: "users.ndjson",
    user: "12",
    includes: "includes.ndjson",
    x: "http://127.0.0.1:8080",
    keep: "DIR",
    fault: "completion-answer-lost",
    window: "24",
  },
} as const satisfies Syntax<string, string>;

type LocalGiven = Given<(typeof SYNTAX.flags)[number], keyof typeof SYNTAX.texts>;

const DEFAULT_WINDOW_HOURS = 24;

/** Throws one Error that names every wrong option and its remedy. */
export function parseOptions(argv: readonly string[]): Options {
  const given = readCommandLine(argv, SYNTAX, incomplete);
  return {
    help: given.has("help"),
    once: given.has("once"),
    json: given.has("json"),
    history: given.has("history"),
    windowHours: Number(given.text("window") ?? DEFAULT_WINDOW_HOURS),
    ...texts(given),
  };
}

function incomplete(given: LocalGiven): string[] {
  const window = given.text("window");
  const x = given.text("x");
  const fault = given.text("fault");
  const lonely =
    given.text("posts") === undefined
      ? NEED_POSTS.filter((name) => given.text(name) !== undefined)
      : [];
  return [
    ...lonely.map((name) => `--${name} says nothing without a timeline: add --posts FILE.`),
    ...(window !== undefined && !(hours(window) > 0)
      ? [`--window ${window} is not a number of hours above 0: write 24, or 0.5.`]
      : []),
    ...(fault !== undefined && !(fault in NAMED_FAULTS)
      ? [`--fault ${fault} is none that can be played: npm run local -- --help lists them.`]
      : []),
    ...(x !== undefined && !isWebAddress(x)
      ? [`--x ${x} is not an http or https address: write http://127.0.0.1:8080.`]
      : []),
  ];
}

function texts(given: LocalGiven): Partial<Record<(typeof TEXTS)[number], string>> {
  return Object.fromEntries(
    TEXTS.flatMap((name) => {
      const value = given.text(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** NaN for what is no plain decimal number, such as `1e3`, `0x10` or an infinite one. */
function hours(text: string): number {
  return /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
