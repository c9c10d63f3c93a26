/** What the parts of the local system hand to each other. Nothing here is known to `app/`. */

import type { runtime } from "@pulumi/pulumi";

/** A server certificate for 127.0.0.1 and localhost, signed by a CA that lives only for this run. */
export type Certificate = {
  key: string;
  cert: string;
  /** The CA's PEM file on disk, for NODE_EXTRA_CA_CERTS. */
  caFile: string;
};

export type Closable = { close(): Promise<void> };

/** The four values that X's developer portal would have given, and X's own name for each. */
export type TwitterKeys = {
  twitterApiKey: string;
  twitterApiSecretKey: string;
  twitterAccessToken: string;
  twitterAccessTokenSecret: string;
};

/** One file that X shows with a post, in its best quality. */
export type TrueMedia = {
  mediaKey: string;
  type: "photo" | "video" | "animated_gif";
  contentType: string;
  bytes: number;
  sha256: string;
  altText?: string;
  /** False where X answers the download with an error for ever. */
  available: boolean;
  /** Whether the file is only the preview picture of a video that X gives as a stream. */
  isPreview: boolean;
};

/** A post as a reader on X sees it: what the mailbox must show in the end. */
export type TruePost = {
  id: string;
  /** ISO 8601, UTC, second resolution: `2020-01-23T04:45:58.000Z`. */
  createdAt: string;
  /** `handles`: each that the author has had since the post was made, as X shows only that of today. */
  author: { id: string; name: string; username: string; handles: string[] };
  /** Complete text, HTML entities decoded, t.co links still in it; a repost: the original's. */
  text: string;
  /** The same with each link as it leads, where X marks it. */
  expandedText: string;
  conversationId: string;
  links: { short: string; expanded: string }[];
  /** Whom the text names: the complete one; a repost's is the original's, after its author. */
  mentions: { id: string; username: string }[];
  /** The user whom the post answers. */
  answersUser?: string | undefined;
  media: TrueMedia[];
  /** Answers of the polls that it shows, as they are read. */
  pollAnswers: string[];
  references: TrueReference[];
  /** Ids of all versions of an edited post, oldest first; just the post's own where it was not edited. */
  versions: string[];
  /** Earlier versions of an edited post that X hands out by their ids. */
  earlier: TruePost[];
  /** What else a reader sees of it, as it was written: an article with its code. */
  facts: string[];
  /** Names of the members that X sends in a form that nobody can read. */
  oddMembers: string[];
};

export type TrueReference = {
  type: "quoted" | "retweeted" | "replied_to";
  id: string;
  /** The post itself as X hands it out among the includes; absent: X does not show it (any more). */
  post?: TruePost;
};

/**
 * Stands on a line of its own in an item's text, once: between the words of the post's author, who
 * cannot write such a line, and what the connector says of the post.
 */
export const RECORD_RULE = "-------- Record of the archive: the author's words end here --------";

/** What X bills, each once a UTC day: what was asked for, and what only went along. */
export type Billed = { ownPosts: number; otherPosts: number; users: number; dollars: number };

/** A picture that X shows of an account. */
export type TruePicture = {
  of: "picture" | "banner";
  /** As the profile names it. */
  url: string;
  /** Of the best file; absent: X answers its download with an error for ever. */
  sha256?: string;
};

/** A profile as a reader on X sees it. */
export type TrueProfile = {
  account: { id: string; name: string; username: string };
  /** Its words about itself, with the links as X shows them, and as they lead. */
  about: { text: string; expandedText: string };
  /** What else is read: place, links as they lead, the pinned post's id, … */
  facts: string[];
  isProtected: boolean;
  pictures: TruePicture[];
};

/** A profile that X has told an account of itself, one time or several times in a row. */
export type ShownProfile = {
  profile: TrueProfile;
  /** Real time of the first and of the last of these answers; ISO 8601, UTC. */
  first: string;
  last: string;
};

/** What becomes of a post of the account after it was made, as whoever asks X again must find. */
export type TrueFinding = {
  kind: "Deletion" | "Reappearance" | "PollResult";
  /** The post as it was. */
  post: TruePost;
  /** Since when, by X's clock: ISO 8601, UTC. */
  since: string;
  /** Of a poll: the answers and how many chose each. */
  votes: { label: string; votes: number }[];
};

/** One event that X has brought to a webhook. */
export type Delivery = {
  type: string;
  eventId: string;
  /** Of the answer; undefined: there was none in time, or the webhook is not valid. */
  status: number | undefined;
};

/** X as the rest of the local system sees it. */
export type LocalX = Closable & {
  /** `http://127.0.0.1:PORT`. Answers as api.x.com, and by Host header as pbs. and video.twimg.com. */
  url: string;
  /** The account whose timeline this is. */
  account: { id: string; username: string; name: string };
  /** X's clock: posts newer than this do not exist yet (not used with `history`). */
  setNow(now: Date): void;
  /** From now on X's clock runs like any other, and whatever the timeline has, exists. */
  letClockRun(): void;
  /** From now on X shows those posts, too, that it did not show right away when they were made. */
  showLatePosts(): void;
  /** Every post of the account, or of another one that X knows, newest first, shown yet or not. */
  posts(accountId?: string): readonly TruePost[];
  /** Posts of others that name the account, and that X shows to it, newest first. */
  mentions(accountId?: string): readonly TruePost[];
  /** What becomes of the account's posts as the script is played, in order of time. */
  findings(accountId?: string): readonly TrueFinding[];
  /** Resolves, with all of them, when what has happened so far was brought to the app's webhooks. */
  delivered(): Promise<readonly Delivery[]>;
  /** What X has told the account of itself so far; undefined where X is not ours to ask. */
  profilesShown(accountId?: string): readonly ShownProfile[] | undefined;
  /**
   * Posts of the account that were billed so far: a post returned again on the same UTC day is free
   * (docs/x-api.md#prices). Undefined where X is not ours to ask.
   */
  reads(): number | undefined;
  /** The same for posts of others, looked up because a post of the account shows them. */
  otherReads(): number | undefined;
  /** All that was billed so far, by kind. */
  billed(): Billed | undefined;
  /** How often that post was returned so far; without an id, all posts together. */
  returned(postId?: string): number | undefined;
};

/** A container in the storage of the Import service (not in the customer's account). */
export type PlatformContainer = {
  /** Container SAS address; it may write and nothing else, unless others were asked for. */
  sasUri: string;
  list(): Promise<{ name: string; bytes: number }[]>;
  read(name: string): Promise<Buffer>;
};

/** Token service of one tenant: `https://127.0.0.1:PORT/{tenantId}/…`, v1 and v2 endpoints, JWKS. */
export type LocalEntra = Closable & {
  url: string;
  tenantId: string;
  /** Makes a client known, as an app registration with a password does; more passwords may be added. */
  registerClient(clientId: string, secret: string): void;
  /** An administrator lets another tenant's application in; until then it gets no tokens for it. */
  consent(applicationId: string): void;
  /** Signs an access token with these claims (iat, nbf, exp are added where absent). */
  issue(claims: Record<string, unknown>): Promise<string>;
  /** The claims of a token that this tenant signed and that has not expired, else throws. */
  verify(token: string): Promise<Record<string, unknown>>;
};

/** The Azure resource manager of the local system: each resource is made for real as it is asked for. */
export type LocalAzure = Closable & {
  mocks: runtime.Mocks;
  /** What an engine asks for after a resource was made; mocks never do. */
  manager: ResourceManager;
  /** Starts every site that was created, with the settings it was given; resolves when all answer. */
  startSites(options: {
    /** Runs instead of the package's server.js: tests of the checks break the app with it. */
    server?: Uint8Array | undefined;
    /** Instances of each site, behind one address. Default: 1. */
    instances?: number | undefined;
  }): Promise<LocalSite[]>;
  /** `permissions`: of the SAS, as `sp` has them. Default: `w`. */
  createPlatformContainer(
    name: string,
    sasExpires: Date,
    permissions?: string,
  ): Promise<PlatformContainer>;
  /**
   * Lets a person in who may work on the customer's queues.
   * @returns her environment: what DefaultAzureCredential goes by, and whom to trust.
   */
  admitOperator(): Promise<Record<string, string>>;
  /** Somebody who has the account's keys writes a blob of the customer's. */
  overwrite(container: string, name: string, body: Buffer): Promise<void>;
  /** Blobs of the customer's container of that name, read with the power of the platform itself. */
  readContainer(container: string, prefix?: string): AsyncIterable<{ name: string; body: Buffer }>;
};

export type ResourceManager = {
  knows(type: string): boolean;
  /** Whether a resource of this id is there (still). */
  has(id: string): boolean;
  /** A resource that somebody else has made, in whatever subscription: others may refer to it. */
  admit(id: string): void;
  /** Carries new inputs out; resolves to what the service adds to them, beyond what it had added. */
  update(change: ResourceChange): Promise<Record<string, unknown>>;
  /** Deletes it with all below it; what is gone already is no error. Rejects where Azure refuses. */
  remove(id: string): Promise<void>;
};

export type ResourceChange = {
  type: string;
  id: string;
  inputs: Record<string, unknown>;
  oldInputs: Record<string, unknown>;
};

export type LocalSite = Closable & {
  url: string;
  /** Lines that the process wrote to standard output and standard error, as Azure would keep them. */
  logFile: string;
  processId: number;
  /** Kills the process as a crash would (SIGKILL); it is started again at once, as App Service does. */
  kill(): void;
};
