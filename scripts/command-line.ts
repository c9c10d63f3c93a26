import { parseArgs } from "node:util";

/** What a script understands. Every script has `--help` besides. */
export type Syntax<Flag extends string, Text extends string> = {
  /** As a person types it: `npm run doctor`. */
  command: string;
  flags: readonly Flag[];
  /** Options that take a value, each with an example of one. */
  texts: Readonly<Record<Text, string>>;
};

export type Given<Flag extends string, Text extends string> = {
  has(flag: Flag | "help"): boolean;
  text(name: Text): string | undefined;
};

/**
 * Reads a command line. `findProblems` is asked for what is wrong beyond its form.
 * @throws one Error that names every wrong option and its remedy.
 */
export function readCommandLine<Flag extends string, Text extends string>(
  argv: readonly string[],
  syntax: Syntax<Flag, Text>,
  findProblems: (given: Given<Flag, Text>) => string[] = () => [],
): Given<Flag, Text> {
  const types = toTypes(syntax);
  const { values, tokens } = parseArgs({
    args: [...argv],
    options: types,
    strict: false,
    tokens: true,
  });
  const given: Given<Flag, Text> = {
    has: (flag) => values[flag] === true,
    text(name) {
      const value = values[name];
      return typeof value === "string" && value.trim() !== "" ? value : undefined;
    },
  };
  const problems = [...misused(tokens, types, syntax.texts), ...findProblems(given)];
  if (problems.length > 0) {
    throw new Error(`${problems.join("\n")}\n${syntax.command} -- --help lists all options.`);
  }
  return given;
}

/** The options of this process. It ends here with 2 when they are wrong, with 0 after `--help`. */
export function optionsOrExit<T extends { help: boolean }>(
  parse: (argv: readonly string[]) => T,
  help: string,
): T {
  try {
    const options = parse(process.argv.slice(2));
    if (options.help) {
      process.stdout.write(help);
      process.exit();
    }
    return options;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return process.exit(2);
  }
}

type Types = Record<string, { type: "boolean" | "string" }>;
type Token = {
  kind: string;
  name?: string;
  rawName?: string;
  value?: string | undefined;
  inlineValue?: boolean | undefined;
};

function toTypes({ flags, texts }: Syntax<string, string>): Types {
  return {
    ...Object.fromEntries(["help", ...flags].map((name) => [name, { type: "boolean" }])),
    ...Object.fromEntries(Object.keys(texts).map((name) => [name, { type: "string" }])),
  };
}

/** Options that do not exist, miss their value, have one too many, or are given twice. */
function misused(
  tokens: readonly Token[],
  types: Types,
  examples: Readonly<Record<string, string>>,
): string[] {
  const seen = new Set<string>();
  return tokens.flatMap((token) => {
    if (token.kind === "positional") {
      return [`"${token.value}" belongs to no option: remove it, or put its option before it.`];
    }
    const name = token.name ?? "";
    const again = seen.has(name);
    seen.add(name);
    return token.kind === "option" ? misuse(token, { types, examples, again }) : [];
  });
}

function misuse(
  { name = "", rawName = "", value, inlineValue }: Token,
  {
    types,
    examples,
    again,
  }: { types: Types; examples: Readonly<Record<string, string>>; again: boolean },
): string[] {
  const type = types[name]?.type;
  if (type === undefined || !rawName.startsWith("--")) {
    return [`${rawName} is not an option: remove it.`];
  }
  if (type === "boolean" && value !== undefined) {
    return [`${rawName} takes no value: remove "${value}".`];
  }
  const swallowed = inlineValue === false && value?.startsWith("--");
  if (type === "string" && (value === undefined || value.trim() === "" || swallowed)) {
    return [`${rawName} needs a value: write ${rawName} ${examples[name]}.`];
  }
  return again ? [`${rawName} is given twice: keep one.`] : [];
}
