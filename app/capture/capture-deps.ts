import type { Store } from "../archive/store.ts";
import type { Reader } from "../feeds/feed.ts";
import type { Log } from "../log.ts";
import type { Twitter } from "../twitter/client.ts";
import type { Answer } from "../twitter/answer.ts";
import type { Announce } from "./rediscovered.ts";

/** X, with what it hands out counted for a job, and asked for nothing once the budget is spent. */
export type Meter = (twitter: Twitter, jobId: string) => Twitter;

/** What captures read from and write to. */
export type CaptureDeps = {
  store: Store;
  twitter: Twitter;
  log: Log;
  now: () => Date;
  meter: Meter;
  announce: Announce;
  /** What X says of the account, verbatim. */
  askAccount: (reader: Reader) => Promise<Answer>;
  /** Whether the app may use X's full-archive search. */
  fullArchiveSearch: boolean;
  wait: (ms: number) => Promise<void>;
};
