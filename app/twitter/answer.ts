/**
 * A response body of X, verbatim (one that was cut off, too: it is no JSON then), and where it came
 * from: `request` (path and query, in which X takes no secret), `askedat` and `receivedat` (ISO 8601)
 * and a few headers, named as blob metadata may be.
 */
export type Answer = { body: Buffer; about: Record<string, string> };
