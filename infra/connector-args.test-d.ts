import type { ProgramConfig } from "./config.ts";
import type { TwitterConnectorArgs } from "./connector-args.ts";

/** Keys of the stack's configuration that are no arguments: with one, this does not compile. */
type Missing = Exclude<keyof ProgramConfig, keyof TwitterConnectorArgs>;
export const none: [Missing] extends [never] ? "none" : Missing = "none";
