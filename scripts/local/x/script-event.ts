import { z } from "zod";

const at = z.iso.datetime();
const id = z.string().regex(/^\d{1,19}$/, "an id is 1 to 19 digits, as a string");

/**
 * One event of the script of the day: what changes on X at a moment, by X's clock. New posts, mentions
 * among them, need none: they exist from their own time on.
 */
export const eventSchema = z.discriminatedUnion("what", [
  z.strictObject({
    at,
    /** What happens, in one word, for whoever reads the script. */
    what: z.enum(["rename", "bio", "picture", "banner", "pin", "verify"]),
    /** Whose profile; absent: the account's. */
    user: id.optional(),
    /** Members of the user object that change; null takes one away. */
    set: z.record(z.string(), z.unknown()),
  }),
  /** From now on nobody but a user's followers sees what the user has posted, or everybody again. */
  z.strictObject({ at, what: z.enum(["protect", "unprotect"]), user: id.optional() }),
  /** A post is gone for good, and with it every repost of it. */
  z.strictObject({ at, what: z.enum(["delete", "undoRepost", "deleteOriginal"]), post: id }),
  /** From now on nobody votes; how many have, by the answers' order. */
  z.strictObject({
    at,
    what: z.literal("pollCloses"),
    poll: z.string(),
    votes: z.array(z.int().min(0)),
  }),
]);

export type ScriptEvent = z.infer<typeof eventSchema>;

/** What an event changes of a profile; undefined where it is about something else. */
export function profileChange(event: ScriptEvent): ProfileChange | undefined {
  if ("set" in event) {
    return event;
  }
  return event.what === "protect" || event.what === "unprotect"
    ? { user: event.user, set: { protected: event.what === "protect" } }
    : undefined;
}

export type ProfileChange = { user?: string | undefined; set: Record<string, unknown> };
