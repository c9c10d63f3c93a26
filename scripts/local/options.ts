import { parseArgs } from "node:util";

/** What a person asked of `npm run local` (design.md section 5, the table of fixed options). */
export type Options = {
  help: boolean;
  once: boolean;
  json: boolean;
  /** True: every post exists from the start; false: X's clock follows the windows. */
  history: boolean;
  windowHours: number;
  posts?: string;
  users?: string;
  user?: string;
  includes?: string;
  x?: string;
  keep?: string;
};

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
  --keep DIR        where state and mailbox stay
  --help            this text
`;

/** Throws one Error that names every wrong option and its remedy. */
export function parseOptions(argv: readonly string[]): Options {
  const { values, tokens } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    strict: false,
    tokens: true,
  });
  const problems = [...misused(tokens), ...incomplete(values)];
  if (problems.length > 0) {
    throw new Error(`${problems.join("\n")}\nnpm run local -- --help lists all options.`);
  }
  return {
    help: values.help === true,
    once: values.once === true,
    json: values.json === true,
    history: values.history === true,
    windowHours: values.window === undefined ? DEFAULT_WINDOW_HOURS : Number(values.window),
    ...texts(values),
  };
}

const DEFAULT_WINDOW_HOURS = 24;

const FLAGS = ["help", "once", "json", "history"] as const;
const TEXTS = ["posts", "users", "user", "includes", "x", "keep"] as const;
const NEED_POSTS = ["users", "user", "includes", "x"] as const;

const OPTIONS = {
  ...Object.fromEntries(FLAGS.map((name) => [name, { type: "boolean" as const }])),
  ...Object.fromEntries([...TEXTS, "window"].map((name) => [name, { type: "string" as const }])),
};

type Values = Record<string, unknown>;
type Token = {
  kind: string;
  name?: string;
  rawName?: string;
  value?: string | undefined;
  inlineValue?: boolean | undefined;
};

/** Options that do not exist, miss their value, have one too many, or are given twice. */
function misused(tokens: readonly Token[]): string[] {
  const seen = new Set<string>();
  return tokens.flatMap((token) => {
    if (token.kind === "positional") {
      return [`"${token.value}" belongs to no option: remove it, or put its option before it.`];
    }
    const name = token.name ?? "";
    const again = seen.has(name);
    seen.add(name);
    return token.kind === "option" ? misuse(token, again) : [];
  });
}

function misuse({ name = "", rawName = "", value, inlineValue }: Token, again: boolean): string[] {
  const type = OPTIONS[name]?.type;
  if (type === undefined || !rawName.startsWith("--")) {
    return [`${rawName} is not an option: remove it.`];
  }
  if (type === "boolean" && value !== undefined) {
    return [`${rawName} takes no value: remove "${value}".`];
  }
  const swallowed = inlineValue === false && value?.startsWith("--");
  if (type === "string" && (value === undefined || value.trim() === "" || swallowed)) {
    return [`${rawName} needs a value: write ${rawName} ${name === "window" ? "24" : "…"}.`];
  }
  return again ? [`${rawName} is given twice: keep one.`] : [];
}

function incomplete(values: Values): string[] {
  const lonely = values.posts === undefined ? NEED_POSTS.filter((name) => name in values) : [];
  return [
    ...lonely.map((name) => `--${name} says nothing without a timeline: add --posts FILE.`),
    ...(isText(values.window) && !(hours(values.window) > 0)
      ? [`--window ${values.window} is not a number of hours above 0: write 24, or 0.5.`]
      : []),
    ...(isText(values.x) && !isWebAddress(values.x)
      ? [`--x ${values.x} is not an http or https address: write http://127.0.0.1:8080.`]
      : []),
  ];
}

function texts(values: Values): Partial<Record<(typeof TEXTS)[number], string>> {
  return Object.fromEntries(
    TEXTS.flatMap((name) => (isText(values[name]) ? [[name, values[name]]] : [])),
  );
}

/** NaN for what is no plain decimal number, such as `1e3`, `0x10` or an infinite one. */
function hours(text: string): number {
  return /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}
