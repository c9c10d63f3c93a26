/** What was looked at, and what of it does not agree. */
export type Comparison = { looked: string; wrong: string[] };
