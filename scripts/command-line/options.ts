import { type Command, Option } from "commander";
import { z } from "zod";

/** An option's place in the help; `value` names its value, and is absent for a flag. */
type Appearance = { value?: string; about: string };

const appearances = z.registry<Appearance>();

/** An option without a value: true if it is given. */
export function flag(about: string) {
  return z.boolean().default(false).register(appearances, { about });
}

/** An option whose value must match `schema`, which is optional or has a default. */
export function option<S extends z.ZodType>(schema: S, value: string, about: string): S {
  // A copy: two options may have the same schema, and each has its own words.
  const own = schema.clone();
  appearances.add(own, { value, about });
  return own;
}

/** An option whose value is any text. */
export function anyText(value: string, about: string) {
  return option(z.string().optional(), value, about);
}

/** A whole number from `from` to `to`, both included. */
export function wholeNumber({ from, to }: { from: number; to: number }) {
  const remedy = `write a whole number from ${from} to ${to}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, remedy)
    .transform(Number)
    .pipe(z.number().min(from, remedy).max(to, remedy));
}

export function httpsAddress(example: string) {
  return z.url({ protocol: /^https$/, error: `write an https address, such as ${example}` });
}

/** The option --outputs, which many scripts have. */
export function outputsOption(about = "the stack's outputs") {
  return anyText(
    "FILE",
    `${about}, as "pulumi stack output --json --show-secrets" or "npm run local -- --keep DIR" ` +
      "(DIR/outputs.json) wrote them (default: those of the stack selected in the Pulumi CLI)",
  );
}

/** Refuses these options without another one that they need. */
export function needs<T>(names: readonly (keyof T & string)[], needed: keyof T & string, why = "") {
  return ({ value, issues }: z.core.ParsePayload<T>) => {
    for (const name of value[needed] === undefined ? names : []) {
      if (value[name] !== undefined) {
        const message = `is of no use without ${toFlag(needed)}${why}: add it`;
        issues.push({ code: "custom", path: [name], input: value, message });
      }
    }
  };
}

/** Refuses more than one of these options. */
export function oneOf<T>(...names: (keyof T & string)[]) {
  return ({ value, issues }: z.core.ParsePayload<T>) => {
    const [first, second] = names.filter((name) => value[name] !== undefined);
    if (first !== undefined && second !== undefined) {
      const message = `contradicts ${toFlag(first)}: keep one of the two`;
      issues.push({ code: "custom", path: [second], input: value, message });
    }
  };
}

/** Adds the options of a table to a command, each under its key: `dryRun` as `--dry-run`. */
export function addOptions(command: Command, table: z.ZodObject): void {
  for (const [key, schema] of Object.entries<z.ZodType>(table.shape)) {
    const { value, about = "" } = appearances.get(schema) ?? {};
    const flags = value === undefined ? toFlag(key) : `${toFlag(key)} <${value}>`;
    const added = new Option(
      flags,
      `${about}${value === undefined ? "" : describeDefault(schema)}`,
    );
    command.addOption(
      value === undefined ? added : added.argParser(takeValue(command, key, value)),
    );
  }
}

export function toFlag(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Refuses an option with no value, with another option as its value, or with two values. */
function takeValue(command: Command, key: string, value: string) {
  return (given: string): string => {
    const name = toFlag(key);
    if (given.trim() === "" || /^-\D/.test(given)) {
      command.error(`${name} needs a value: write ${name} ${value}`);
    }
    if (command.getOptionValueSource(key) === "cli") {
      command.error(`${name} is given twice: keep one`);
    }
    return given;
  };
}

function describeDefault(schema: z.ZodType): string {
  const { data } = schema.safeParse(undefined);
  return data === undefined ? "" : ` (default ${JSON.stringify(data)})`;
}
