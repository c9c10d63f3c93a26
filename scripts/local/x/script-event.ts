import { z } from "zod";

const id = z.string().regex(/^\d{1,19}$/, "an id is 1 to 19 digits, as a string");

/**
 * One event of the script of the day: what changes on X at a moment, by X's clock. New posts, mentions
 * among them, need none: they exist from their own time on.
 */
export const eventSchema = z.strictObject({
  at: z.iso.datetime(),
  /** What happens, in one word, for whoever reads the script. */
  what: z.enum(["rename", "bio", "picture", "banner", "pin", "verify", "protect", "unprotect"]),
  /** Whose profile; absent: the account's. */
  user: id.optional(),
  /** Members of the user object that change; null takes one away. */
  set: z.record(z.string(), z.unknown()),
});

export type ScriptEvent = z.infer<typeof eventSchema>;
