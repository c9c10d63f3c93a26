import * as z from "zod";
import { names } from "../archive/names.ts";
import { type RecordOf, recordType } from "../archive/records.ts";
import { changeDocument, createDocument, readDocument, type Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import type { Reader, ShownMedium, SnapshotFeed } from "../feeds/feed.ts";
import type { Log } from "../log.ts";
import { floorToSecond, instantSchema } from "../time/intervals.ts";
import type { Twitter } from "../twitter/client.ts";
import { archiveMedia, type MediaDeps } from "./media.ts";
import type { Kept } from "./pages.ts";
import type { Announce } from "./rediscovered.ts";

export type SnapshotKey = { jobId: string; feed: SnapshotFeed };
export type SnapshotDeps = MediaDeps & {
  store: Store;
  twitter: Twitter;
  log: Log;
  now: () => Date;
  wait: (ms: number) => Promise<void>;
  announce: Announce;
};

const mediumSchema = z.object({
  mediaKey: z.string(),
  /** The address that X named, by which a medium without a file is known again. */
  url: z.string(),
  /** Which of its files is archived, and the SHA-256 of its bytes; else why none is. */
  file: z.string().optional(),
  sha256: z.string().optional(),
  omitted: z.string().optional(),
});
const versionRecord = recordType(
  z.object({
    id: z.string(),
    seenAt: instantSchema,
    /** The stored answer of X that shows it. */
    answer: z.string(),
    /** The version before; absent: it is the first. */
    before: z.object({ id: z.string(), answer: z.string() }).optional(),
    /** Names of what it says otherwise. */
    changed: z.array(z.string()),
    media: z.array(mediumSchema),
  }),
);
const snapshotRecord = recordType(
  z.object({
    /** How many versions there are. */
    versions: z.int().nonnegative(),
    checkedAt: z.string().optional(),
    /** An answer that says something new, and is not a version yet. */
    begun: z.object({ seenAt: instantSchema, answer: z.string() }).optional(),
    /** When a quarter of an hour of polls began, and how many it has had. */
    polls: z.object({ since: z.string(), count: z.number() }).optional(),
  }),
);

/** One version of a snapshot: what X said, and what of it was new. Only created, never changed. */
export type Version = RecordOf<typeof versionRecord>;
export type SnapshotState = RecordOf<typeof snapshotRecord>;

/** X takes 75 such questions in 15 minutes; capture, sign-in and Validate ask them, too. */
const MOST_POLLS = 30;
const POLLS_MS = 15 * 60_000;
/** Two versions of one second would have one id. */
const NEXT_SECOND_MS = 1_000;

/**
 * Asks X how things are now, and makes a version of an answer that says something new: the first one,
 * and each that differs. A version that was begun is ended first, so that a run that is cut off makes
 * it once. To be called by one process at a time.
 * @throws ConnectorError with an x- code; then nothing is a version that was none before.
 */
export async function readSnapshot(
  deps: SnapshotDeps,
  source: Reader & SnapshotKey,
): Promise<void> {
  const { store, twitter, wait } = deps;
  const { feed } = source;
  await createDocument(store, names.snapshot(source), snapshotRecord, { versions: 0 });
  const { begun } = await readSnapshotState(store, source);
  if (begun) {
    await finish(deps, source, begun);
  }
  for (;;) {
    if (!(await takePoll(deps, source))) {
      return;
    }
    const { body, about } = await feed.fetch(twitter, source);
    const latest = await readLatest(store, source);
    if (latest && !(await isNew(deps, source, { body, latest }))) {
      await changeState(store, source, (state) => ({
        ...state,
        checkedAt: about["receivedat"] ?? deps.now().toISOString(),
      }));
      return;
    }
    const seenAt = floorToSecond(new Date(about["receivedat"] ?? deps.now()));
    const answer = names.snapshotAnswer(source, stampOf(seenAt));
    const kept = { contentType: "application/json", metadata: about };
    if ((!latest || latest.seenAt < seenAt) && (await store.create(answer, body, kept))) {
      await changeState(store, source, (state) => ({ ...state, begun: { seenAt, answer } }));
      await finish(deps, source, { seenAt, answer });
      return;
    }
    await wait(NEXT_SECOND_MS);
  }
}

export async function readSnapshotState(store: Store, of: SnapshotKey): Promise<SnapshotState> {
  return (await readDocument(store, names.snapshot(of), snapshotRecord))?.value ?? { versions: 0 };
}

export async function readVersion(store: Store, name: string): Promise<Version | undefined> {
  return (await readDocument(store, name, versionRecord))?.value;
}

/** All versions of a job's snapshot, in order, by the names of their blobs. */
export async function* versionsOf(
  store: Store,
  of: SnapshotKey,
): AsyncGenerator<{ name: string; version: Version }> {
  for await (const name of store.list(names.snapshotVersions(of))) {
    const version = await readVersion(store, name);
    if (version) {
      yield { name, version };
    }
  }
}

/** The media of an answer as a version has them: each with the one file that was archived. */
export function mediaOfVersion({ media }: Version, shown: ShownMedium[]): ShownMedium[] {
  return shown.map((medium) => {
    const known = media.find(({ mediaKey }) => mediaKey === medium.mediaKey);
    return {
      ...medium,
      files: (medium.files ?? []).filter(({ name }) => name === known?.file),
      ...(known?.omitted !== undefined && { omitted: known.omitted }),
    };
  });
}

/** Tells of the version before it is there: until then, nobody takes it along. */
async function finish(
  deps: SnapshotDeps,
  source: Reader & SnapshotKey,
  { seenAt, answer }: { seenAt: string; answer: string },
): Promise<void> {
  const { store, announce, log } = deps;
  const { feed, jobId } = source;
  const { versions } = await readSnapshotState(store, source);
  const latest = await readLatest(store, source);
  const name = names.snapshotVersion(source, versions + 1);
  if (!(await readVersion(store, name))) {
    const { body } = await readAnswer(store, answer);
    const media = await archiveAll(deps, source, { shown: feed.media(body), latest });
    const changed = latest ? await changesTo(store, feed, { body, latest, media }) : [];
    // Of several accounts, one mailbox may have versions that were seen in the same second.
    const id = `${feed.name}-${source.accountId}-${stampOf(seenAt)}`;
    const before = latest && { id: latest.id, answer: latest.answer };
    const version = { id, seenAt, answer, ...(before && { before }), changed, media };
    await announce(source, [{ as: "recorded", id, page: name }]);
    await createDocument(store, name, versionRecord, version);
    log("profile.changed", { jobId, detail: latest ? changed.join(", ") : "first seen" });
  }
  await changeState(store, source, ({ begun: _, ...state }) => ({
    ...state,
    versions: versions + 1,
    checkedAt: seenAt,
  }));
}

async function isNew(
  deps: SnapshotDeps,
  source: Reader & SnapshotKey,
  { body, latest }: { body: Uint8Array; latest: Version },
): Promise<boolean> {
  const { feed } = source;
  const media = await archiveAll(deps, source, { shown: feed.media(body), latest });
  return (await changesTo(deps.store, feed, { body, latest, media })).length > 0;
}

async function changesTo(
  store: Store,
  feed: SnapshotFeed,
  { body, latest, media }: { body: Uint8Array; latest: Version; media: Version["media"] },
): Promise<string[]> {
  const before = await readAnswer(store, latest.answer);
  const kinds = (of: Version["media"]) =>
    new Map(of.map((one) => [kindOf(one.mediaKey), one.sha256 ?? one.url]));
  const [was, is] = [kinds(latest.media), kinds(media)];
  const other = [...new Set([...was.keys(), ...is.keys()])].filter(
    (kind) => was.get(kind) !== is.get(kind),
  );
  return [...feed.changes(before.body, body), ...other];
}

/** `picture` of `picture-0123abcd`. */
function kindOf(mediaKey: string): string {
  return mediaKey.replace(/-.*$/, "");
}

/** The best file that X has of each medium. What it did not have under an address is not asked for again. */
async function archiveAll(
  deps: SnapshotDeps,
  { jobId }: SnapshotKey,
  { shown, latest }: { shown: ShownMedium[]; latest: Version | undefined },
): Promise<Version["media"]> {
  const media: Version["media"] = [];
  for (const { mediaKey, files = [] } of shown) {
    const before = latest?.media.find((one) => one.mediaKey === mediaKey);
    const url = files.at(-1)?.url ?? "";
    const found = before ?? (await archiveBest(deps, { jobId, mediaKey, files }));
    media.push({ ...found, mediaKey, url });
  }
  return media;
}

async function archiveBest(
  deps: SnapshotDeps,
  { jobId, mediaKey, files = [] }: Pick<ShownMedium, "mediaKey" | "files"> & { jobId: string },
): Promise<Pick<Version["media"][number], "file" | "sha256" | "omitted">> {
  let omitted = "X names no file of it";
  for (const file of files) {
    const record = await archiveMedia(deps, { jobId, mediaKey, file });
    if (!("refusal" in record)) {
      return { file: file.name, sha256: record.sha256 };
    }
    omitted = record.refusal;
  }
  return { omitted };
}

async function readLatest(store: Store, of: SnapshotKey): Promise<Version | undefined> {
  const { versions } = await readSnapshotState(store, of);
  return versions === 0 ? undefined : readVersion(store, names.snapshotVersion(of, versions));
}

async function readAnswer(store: Store, name: string): Promise<Kept> {
  const answer = await store.read(name);
  if (!answer) {
    throw new ConnectorError("unusable-record", `${name} is not in the archive`);
  }
  return answer;
}

/** @returns whether X may be asked now. */
async function takePoll({ store, now }: SnapshotDeps, of: SnapshotKey): Promise<boolean> {
  let isTaken = false;
  const at = now();
  await changeState(store, of, ({ polls, ...state }) => {
    const isOver = !polls || at.getTime() - Date.parse(polls.since) >= POLLS_MS;
    const current = isOver ? { since: at.toISOString(), count: 0 } : polls;
    isTaken = current.count < MOST_POLLS;
    return { ...state, polls: { ...current, count: current.count + (isTaken ? 1 : 0) } };
  });
  return isTaken;
}

async function changeState(
  store: Store,
  of: SnapshotKey,
  change: (state: SnapshotState) => SnapshotState,
): Promise<void> {
  await changeDocument(store, { name: names.snapshot(of), type: snapshotRecord, change });
}

/** `20260601T120000Z` */
function stampOf(instant: string): string {
  return instant.replaceAll(/[-:]/g, "");
}
