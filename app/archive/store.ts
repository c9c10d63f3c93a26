import { ConnectorError } from "../errors.ts";
import { isEvidence } from "./names.ts";
import { parseRecord, type RecordType, toRecord, withUnknown } from "./records.ts";

/**
 * Blobs with ETags: the only state there is. Two implementations, one contract suite
 * (store.test.ts): Azure Storage in production, memory in tests. Evidence is only created and read:
 * `replace`, `put` and `remove` throw for its names, so that the site needs no right to change it.
 */
export type Store = {
  /** Undefined where there is no such blob. */
  read(name: string): Promise<Blob | undefined>;
  /** False if the blob exists already (If-None-Match: *). */
  create(name: string, body: Uint8Array, about?: BlobAbout): Promise<boolean>;
  /** Undefined if the blob has another ETag now, or is gone; else the new ETag. */
  replace(name: string, body: Uint8Array, etag: string): Promise<string | undefined>;
  /** Creates or overwrites. For content that is a function of its name only. */
  put(name: string, body: Uint8Array, about?: BlobAbout): Promise<void>;
  /**
   * Creates from a stream, whole or not at all. False if the blob exists when the stream ends. A name
   * that follows from the bytes is asked for when all of them have passed.
   */
  createStream(
    name: string | (() => string),
    body: AsyncIterable<Uint8Array>,
    about?: BlobAbout,
  ): Promise<boolean>;
  /** For what does not fit into memory; undefined where there is no such blob. */
  readStream(name: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** False if the blob is not there, or has another ETag than the one given. */
  remove(name: string, etag?: string): Promise<boolean>;
  /** Names in ascending order. */
  list(prefix: string): AsyncIterable<string>;
};

export type Blob = { body: Uint8Array; etag: string; metadata: Record<string, string> };
export type BlobAbout = { contentType?: string; metadata?: Record<string, string> };
export type Document<T> = { value: T; etag: string };

const CHANGE_ATTEMPTS = 8;

/** @throws Error for the name of evidence, which nobody changes. */
export function refuseEvidence(name: string): void {
  if (isEvidence(name)) {
    throw new Error(`${name} is evidence: it is created once, and never changed or removed`);
  }
}

export async function readDocument<T>(
  store: Store,
  name: string,
  type: RecordType<T>,
): Promise<Document<T> | undefined> {
  const blob = await store.read(name);
  return blob && { value: parseRecord(name, blob.body, type), etag: blob.etag };
}

/** @returns false if there is one already. */
export function createDocument<T extends object>(
  store: Store,
  name: string,
  type: RecordType<T>,
  value: T,
): Promise<boolean> {
  return store.create(name, toRecord(type, value), { contentType: "application/json" });
}

/**
 * Reads, changes and writes back under the ETag, again when someone else was faster.
 * `change` returns the new value, or undefined to leave it.
 * @returns the value as it is now, undefined where there is no such document.
 * @throws ConnectorError `conflict` when others keep being faster.
 */
export async function changeDocument<T extends object>(
  store: Store,
  {
    name,
    type,
    change,
  }: { name: string; type: RecordType<T>; change: (value: T) => T | undefined },
): Promise<T | undefined> {
  for (let attempt = 0; attempt < CHANGE_ATTEMPTS; attempt += 1) {
    const document = await readDocument(store, name, type);
    const changed = document && change(document.value);
    if (!document || changed === undefined) {
      return document?.value;
    }
    const kept = withUnknown(type, document.value, changed);
    if (await store.replace(name, toRecord(type, kept), document.etag)) {
      return kept;
    }
  }
  throw new ConnectorError("conflict", `${name} is being changed by others all the time`);
}

export function toJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
