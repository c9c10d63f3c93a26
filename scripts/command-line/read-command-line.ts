import { Command, CommanderError } from "commander";
import type { z } from "zod";
import { addOptions, toFlag } from "./options.ts";

const HELP_WIDTH = 100;
/** Options that npm knows, too, and that a person may have set for good. */
const NPMS_OWN = new Set(["json", "only"]);

/** What a script is, and what it understands. */
export type Script<Table extends z.ZodObject> = {
  /** As npm knows it: `npm run NAME`. */
  name: string;
  about: string;
  options: Table;
  /** What the help says after the options. */
  notes?: string;
};

/** The command line is not meant as it stands. One line a problem, each with its remedy. */
export class UsageError extends Error {
  override name = "UsageError" as const;
}

/** A person asked for the help. */
export class HelpAsked extends Error {
  override name = "HelpAsked" as const;
}

/** `env`: where npm says which options it took for its own. @throws UsageError, or HelpAsked whose message is the help. */
export function readCommandLine<Table extends z.ZodObject>(
  script: Script<Table>,
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
): z.output<Table> {
  const hint = `(npm run ${script.name} -- --help lists all options)`;
  const taken = Object.keys(script.options.shape).find((key) => isTakenByNpm(key, env));
  if (taken !== undefined) {
    const flag = toFlag(taken);
    throw new UsageError(
      `npm took ${flag} for itself: write npm run ${script.name} -- ${flag} ${hint}`,
    );
  }
  const given = parse(script, argv, hint);
  const parsed = script.options.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path: [key = ""], message }) => {
      const value = given[String(key)];
      return `${toFlag(String(key))}${typeof value === "string" ? ` ${value}` : ""}: ${message}`;
    });
    throw new UsageError(`${problems.join("\n")} ${hint}`);
  }
  return parsed.data;
}

/** What was given of a table's options, each value as it was typed. */
function parse(
  { name, about, options, notes = "" }: Script<z.ZodObject>,
  argv: readonly string[],
  hint: string,
): Record<string, unknown> {
  let help = "";
  const command = new Command(`npm run ${name} --`)
    .description(about)
    .helpOption("-h, --help", "this text")
    .addHelpText("after", notes && `\n${notes}`)
    .allowExcessArguments()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        help += text;
      },
      writeErr: () => undefined,
      getOutHelpWidth: () => HELP_WIDTH,
    });
  addOptions(command, options);
  try {
    command.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      throw error;
    }
    throw error.code === "commander.helpDisplayed"
      ? new HelpAsked(help)
      : new UsageError(`${reword(error.message, command)} ${hint}`);
  }
  const [stray] = command.args;
  if (stray !== undefined) {
    throw new UsageError(
      `"${stray}" belongs to no option: remove it, or put its option before it ${hint}`,
    );
  }
  return command.opts();
}

/** `npm run NAME --option`, without the `--` before it, is an option of npm's, and told in this way. */
function isTakenByNpm(key: string, env: NodeJS.ProcessEnv): boolean {
  const name = toFlag(key).slice(2).replaceAll("-", "_");
  return !NPMS_OWN.has(name) && env[`npm_config_${name}`] !== undefined;
}

/** Commander's own words, on one line; it does not see that a flag was given a value. */
function reword(message: string, command: Command): string {
  const withValue = /^error: unknown option '(--[^=]+)=/.exec(message)?.[1];
  return command.options.some(({ long }) => long === withValue)
    ? `${withValue} takes no value: remove it`
    : message.replace(/^error: /, "").replace("\n", " ");
}
