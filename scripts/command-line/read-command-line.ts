import { Command, CommanderError } from "commander";
import type { z } from "zod";
import { addOptions, toFlag } from "./options.ts";

const HELP_WIDTH = 100;
/** Options that npm also has, and that may be set in a person's npm configuration. */
const NPMS_OWN = new Set(["json", "only"]);

/** A script's name, description and options. */
export type Script<Table extends z.ZodObject> = {
  /** NAME in `npm run NAME`. */
  name: string;
  about: string;
  options: Table;
  /** Text after the options in the help. */
  notes?: string;
};

/** The command line is wrong. One line for each problem, with its remedy. */
export class UsageError extends Error {
  override name = "UsageError" as const;
}

/** A person asked for the help. */
export class HelpAsked extends Error {
  override name = "HelpAsked" as const;
}

/** `env`: where npm reports the options that it took as its own. @throws UsageError, or HelpAsked whose message is the help. */
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

/** The given options of a table, each value as it was typed. */
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

/** npm takes `npm run NAME --option`, without `--` before it, as its own option and reports it like this. */
function isTakenByNpm(key: string, env: NodeJS.ProcessEnv): boolean {
  const name = toFlag(key).slice(2).replaceAll("-", "_");
  return !NPMS_OWN.has(name) && env[`npm_config_${name}`] !== undefined;
}

/** Commander's message on one line; it does not notice that a flag was given a value. */
function reword(message: string, command: Command): string {
  const withValue = /^error: unknown option '(--[^=]+)=/.exec(message)?.[1];
  return command.options.some(({ long }) => long === withValue)
    ? `${withValue} takes no value: remove it`
    : message.replace(/^error: /, "").replace("\n", " ");
}
