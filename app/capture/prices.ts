/**
 * What X bills, by kind, in dollars each: where the account owns the developer app, and where it does
 * not (docs/x-api.md#prices). Whether expanded users are billed is a third party's word; they are counted.
 */
export const BILLED = {
  /** Posts of the account's own timeline. */
  owned: { words: "own posts", owner: 0.001, other: 0.005 },
  /** Posts that were looked up, found by search, or sent along. */
  others: { words: "other posts", owner: 0.005, other: 0.005 },
  users: { words: "users", owner: 0.01, other: 0.01 },
  messages: { words: "messages", owner: 0.01, other: 0.01 },
} as const;

export type BilledKind = keyof typeof BILLED;
/** How many of each kind. */
export type Usage = Record<BilledKind, number>;

export const KINDS = ["owned", "others", "users", "messages"] as const satisfies BilledKind[];

export const NO_READS: Usage = { owned: 0, others: 0, users: 0, messages: 0 };

/** Dollars, for an account that owns the developer app, or for any other. */
export function costOf(usage: Usage, whose: "owner" | "other"): number {
  return KINDS.reduce((sum, kind) => sum + usage[kind] * BILLED[kind][whose], 0);
}

/** `1,200 own posts, 31 other posts, 88 users`; messages only where there are any. */
export function wordsForUsage(usage: Usage): string {
  return KINDS.filter((kind) => kind !== "messages" || usage[kind] > 0)
    .map((kind) => `${usage[kind].toLocaleString("en-US")} ${BILLED[kind].words}`)
    .join(", ");
}
