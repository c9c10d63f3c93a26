import type { Store } from "../archive/store.ts";
import type { MediaFile } from "../twitter/media.ts";
import type { ItemContext } from "../delivery/item.ts";
import type { Item } from "../import-service/item.ts";
import type { Log } from "../log.ts";
import type { Settings } from "../settings.ts";
import type { Account, SearchQuery, TimelineQuery, Twitter, UserToken } from "../twitter/client.ts";
import type { Answer } from "../twitter/answer.ts";
import type { Includes, Page, Post } from "../twitter/page.ts";

/**
 * One kind of thing that is archived of an account. Its name stands in the names of blobs, in manifests,
 * and in the log field `feed`; a record of it is known by `feed/id`.
 */
type FeedBase = {
  name: string;
  /** What its records are called, in the plural. */
  words: string;
  /**
   * Which task hands its records over: the one that asks for their time, or the next one, whatever it
   * asks for; until then they wait in the outbox.
   */
  goesWith: "its own window" | "the next task";
  /** Raised whenever the same record would give other bytes. */
  format: number;
  /** Whether the feed is read; absent: always. */
  isOn?: (settings: Settings) => boolean;
  /** What cannot be proved or had of it, in words. */
  limits: readonly string[];
  /** Opens a stored page, or whatever it is that holds records; undefined where there is none. */
  openPage: (store: Store, name: string) => Promise<OpenPage | undefined>;
};

/** A stored page with its records. */
export type OpenPage = {
  /** When X answered with it, ISO 8601. */
  receivedAt: string;
  /** SHA-256 of its bytes. */
  sha256: string;
  records: FeedRecord[];
  /** A record of the page, or one that was sent along with its records. */
  find: (id: string) => Promise<Deliverable | undefined>;
};

/** A medium that a record shows: its files, best first; undefined where X did not describe it. */
export type ShownMedium = {
  /** The post, of the record and of those that it refers to, that shows it; else the record itself. */
  postId: string;
  mediaKey: string;
  type: string;
  altText?: string;
  files: MediaFile[] | undefined;
  /** Why there is no file. */
  omitted?: string;
};

/** Times are ISO 8601, UTC, seconds. */
export type FeedRecord = { id: string; createdAt: string };

/** What is needed of a record to hand it over. */
export type Deliverable = FeedRecord & {
  media: ShownMedium[];
  /** Pure: the same record and parts give the same item. */
  toItem: (parts: ItemContext) => Item;
};

/**
 * Posts that X hands out in order of time, newest first, so that it can be proved which intervals were
 * read completely.
 */
export type TimelineFeed = FeedBase & {
  kind: "timeline";
  /** How many of its newest records X gives. */
  depth: number;
  /** So many it surely gives: deleted ones may count towards the depth without being returned. */
  surelyWithin: number;
  /** Whether all of its posts are the account's own: others on a page answer another question. */
  isOfAccount: boolean;
  /** Whether a post that X gives is a record of the feed; absent: each is. */
  isRecord?: (post: Post, accountId: string) => boolean;
  /** How many records X says there are. Absent where it says that of no account. */
  countOf?: (account: Account) => number | undefined;
  fetchPage: (twitter: Twitter, reader: Reader, query: TimelineQuery) => Promise<Answer>;
  /** Reads what is older than the depth. Absent where X has no search for it. */
  search?: (twitter: Twitter, reader: Reader, query: SearchQuery) => Promise<Answer>;
  /**
   * Asks X for what the posts of a stored page show and did not bring along, and stores the answers
   * beside the page. Done before, it costs nothing.
   */
  completePage: (deps: CompleteDeps, source: Source, stored: NamedPage) => Promise<void>;
  /** What the stored answers beside a page make known. */
  readContext: (store: Store, stored: NamedPage) => Promise<Includes>;
};

/**
 * Something of which X says only how it is now. The first answer and each one that says something else is
 * a version of it: a record of the time at which it was seen.
 */
export type SnapshotFeed = FeedBase & {
  kind: "snapshot";
  fetch: (twitter: Twitter, reader: Reader) => Promise<Answer>;
  /** Files that belong to what an answer says, best first, and what each is. */
  media: (body: Uint8Array) => ShownMedium[];
  /** Names of what an answer says otherwise than the one before; media are compared by their bytes. */
  changes: (before: Uint8Array, after: Uint8Array) => string[];
};

export type Feed = TimelineFeed | SnapshotFeed;

export type JobFeed = { jobId: string; feed: Feed };
/** A timeline of a job. */
export type TimelineKey = { jobId: string; feed: TimelineFeed };

/** Whose account is read, and with what. */
export type Reader = { jobId: string; accountId: string; token: UserToken };

/** Which timeline of whose account is read, and with what. */
export type Source = Reader & TimelineKey;

export type NamedPage = { name: string; page: Page };

export type CompleteDeps = { store: Store; twitter: Twitter; log: Log; now: () => Date };
