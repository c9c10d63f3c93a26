/** Where a call of the connector goes. */
export type Service =
  | "x"
  | "media"
  | "entra"
  | "identity"
  | "archive"
  | "queue"
  | "upload"
  | "completion";

/** One call that the connector makes; the path has no query. */
export type Call = {
  service: Service;
  method: string;
  path: string;
  /** Of X: whether it asks for a page with the token that the page before it gave. */
  isFurtherPage?: boolean;
  /** Of X: in which of its two sets of names of fields posts are asked for. */
  vocabulary?: Vocabulary;
  /** Of X: what is asked of a timeline, where it is asked without such a token. */
  question?: string;
};

export type Vocabulary = "tweet" | "post";

/**
 * What happens to a call:
 * - `unavailable`: answered 503, not done
 * - `failed`: answered 500, not done
 * - `cut`: the connection breaks, not done
 * - `lost`: done, and the connection breaks before the answer
 * - `halved`: done, and the connection breaks in the middle of the answer's body
 * - `late`: done and answered, after two seconds
 * - `kill-before`, `kill-after`: the process that calls is killed (SIGKILL), on either side of the call
 * - `rate-limited`: answered as X does when the rate limit is spent, not done
 * - `rate-limited-late`: answered 429 with a reset that is over and with calls left, not done
 * - `unauthorized`: answered 401 as X does now and then to a token that is good, not done
 * - `not-found`: answered 404 as X's timelines were for hours (2025-09-10), not done
 * - `foreign`: answered 200 with somebody else's page, not done
 * - `fields-refused`: answered 400 as X does where it does not take the name of a field, not done
 * - `credits-spent`: answered as X does when the credits are spent, not done
 * - `emptied`: answered 200 as if X had no more posts, although its page token is good,
 *   or as if a window had none, although it has; not done
 * - `forgotten`: a message that is put into a queue is answered as if it were there, and never is
 * - `omits-posts`: done and answered as X does when it says nothing of some posts
 * - `refuses-newest`: done and answered as X does when it names a timeline's post as an error only
 * - `fields-ignored`: done and answered as X does that ignores the names of fields: posts have id and
 *   text alone
 * - `note-ignored`, `references-ignored`, `versions-ignored`: the same for one member of posts
 * - `forbidden`: answered 403, not done (for an upload: the SAS was revoked)
 */
export const FAULTS = [
  "unavailable",
  "failed",
  "cut",
  "lost",
  "halved",
  "late",
  "kill-before",
  "kill-after",
  "rate-limited",
  "rate-limited-late",
  "unauthorized",
  "not-found",
  "foreign",
  "fields-refused",
  "credits-spent",
  "emptied",
  "forgotten",
  "omits-posts",
  "refuses-newest",
  "fields-ignored",
  "note-ignored",
  "references-ignored",
  "versions-ignored",
  "forbidden",
] as const;

export type Fault = (typeof FAULTS)[number];

/** Decides each call's fate, and can kill. */
export type Faults = {
  decide(call: Call): Fault | undefined;
  /** Kills a process of the connector; it is started again, as App Service would. */
  kill(): void;
};

export function isFault(text: string): text is Fault {
  return FAULTS.some((fault) => fault === text);
}
