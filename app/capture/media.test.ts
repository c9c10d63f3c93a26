import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import { sha256 } from "../testing/deliveries.ts";
import { createParts, type Parts } from "../testing/harness.ts";
import { type ScriptedAnswer, type ScriptedX, startScriptedX } from "../testing/serve-x.ts";
import { createXAgent } from "../twitter/agent.ts";
import { createFetchMedia, type FetchMedia } from "../twitter/media.ts";
import { archiveMedia, MEDIA_LIMIT_BYTES } from "./media.ts";

const PICTURE = Buffer.concat([Buffer.from("ffd8ffe000104a464946", "hex"), Buffer.alloc(5000, 7)]);
const OTHER_PICTURE = Buffer.concat([PICTURE, Buffer.alloc(1, 8)]);
const URL = "https://pbs.twimg.com/media/A.jpg?name=orig";
const BARE = "https://pbs.twimg.com/media/A.jpg";
const GOOD = answerWith(PICTURE);
const RECORD = names.media("job-1", "3_1", "orig.record.json");

let x: ScriptedX;
let parts: Parts;
let answers: (ScriptedAnswer | undefined)[];
beforeEach(async () => {
  answers = [];
  x = await startScriptedX(() => answers.shift());
  parts = createParts(x.url);
});
afterEach(() => x.close());

function archive(...next: (ScriptedAnswer | undefined)[]) {
  answers = next;
  return archiveWith(createFetchMedia(parts.settings, createXAgent(x.url)));
}

function archiveWith(fetchMedia: FetchMedia, store: Store = parts.store) {
  const { clock, log } = parts;
  const file = { name: "orig", url: URL, withoutQuery: BARE };
  const deps = { store, fetchMedia, log: log.log, now: clock.now };
  return archiveMedia(deps, { jobId: "job-1", mediaKey: "3_1", file });
}

describe("A medium", () => {
  it("is kept as the bytes came, with where and when they were had and their SHA-256", async () => {
    const record = await archive(GOOD);
    expect(record).toEqual({
      blob: expect.stringMatching(/^evidence\/job-1\/media\/3_1\/orig-[0-9a-f]{64}$/) as unknown,
      url: URL,
      contentType: "image/jpeg",
      bytes: PICTURE.byteLength,
      sha256: sha256(PICTURE),
      receivedAt: "2026-06-01T12:00:00.000Z",
    });
    expect(stored()).toEqual([PICTURE]);
  });

  it("is downloaded once: what was had first stays, whatever X shows later", async () => {
    const first = await archive(GOOD);
    parts.clock.advance(1000);
    expect(await archive(answerWith(OTHER_PICTURE))).toEqual(first);
    expect(x.requests).toHaveLength(1);
    expect(stored()).toEqual([PICTURE]);
  });

  it("that two posts ask for at the same time is kept once, and both get the same record", async () => {
    const both = await Promise.all([archive(), archive(GOOD, GOOD)]);
    expect(both[0]).toEqual(both[1]);
    expect(stored()).toEqual([PICTURE]);
    expect(both[0]).toMatchObject({ sha256: sha256(PICTURE) });
  });

  it("of which X serves two posts different bytes at the same time has one record, of what it names", async () => {
    const both = await Promise.all([archive(), archive(GOOD, answerWith(OTHER_PICTURE))]);
    expect(both[0]).toEqual(both[1]);
    // Evidence is not removed: the other bytes stay, under the name of their hash.
    expect(stored()).toHaveLength(2);
    const { blob, sha256: named } = "refusal" in both[0] ? { blob: "", sha256: "" } : both[0];
    expect(sha256(Buffer.from(parts.store.blobs.get(blob)?.body ?? []))).toBe(named);
  });

  it("whose record is made while the answer to that is lost keeps its bytes", async () => {
    const { store } = parts;
    const forgetful: Store = {
      ...store,
      create: async (...made) => {
        await store.create(...made);
        return false;
      },
    };
    const record = await archiveWith(downloadOf([PICTURE]), forgetful);
    expect(stored()).toEqual([PICTURE]);
    expect(record).toMatchObject({ sha256: sha256(PICTURE) });
  });

  it.each([403, 404])(
    "that X refuses with %d is kept as nothing, and may be had later",
    async (status) => {
      expect(await archive({ status }, { status })).toMatchObject({
        refusal: `X answered ${status}`,
      });
      expect(parts.store.blobs.size).toBe(0);
      expect(await archive(GOOD)).toMatchObject({ sha256: sha256(PICTURE) });
    },
  );

  it("whose address X does not know with its query is asked for once more without it", async () => {
    const record = await archive({ status: 404 }, GOOD);
    expect(record).toMatchObject({ url: BARE, sha256: sha256(PICTURE) });
    expect(x.requests.map(({ url }) => url)).toEqual(["/media/A.jpg?name=orig", "/media/A.jpg"]);
    expect(await archive()).toEqual(record);
  });

  it("that X has at neither address is refused with what it said first", async () => {
    const refusal = await archive({ status: 404 }, { status: 403 });
    expect(refusal).toMatchObject({ refusal: "X answered 404" });
  });

  it.each<[string, ScriptedAnswer | undefined]>([
    ["503", { status: 503 }],
    ["429", { status: 429 }],
    ["a cut connection", undefined],
    ["a body that was cut off", { ...GOOD, after: "cut" }],
    [
      "a body that is shorter than announced",
      {
        ...GOOD,
        headers: { "content-type": "image/jpeg", "content-length": "9000" },
        after: "cut",
      },
    ],
  ])("is not known after %s, and is had with the next try", async (_title, answer) => {
    await expect(archive(answer)).rejects.toMatchObject({ code: "x-unavailable" });
    expect(parts.store.blobs.has(RECORD)).toBe(false);
    expect(await archive(GOOD)).toMatchObject({ sha256: sha256(PICTURE) });
  });

  it("of which fewer bytes came than were announced is not known", async () => {
    const archiving = archiveWith(downloadOf([PICTURE], { bytes: PICTURE.byteLength + 1 }));
    await expect(archiving).rejects.toMatchObject({ code: "x-unavailable" });
    expect(parts.store.blobs.has(RECORD)).toBe(false);
  });

  it("whose record cannot be read is an error and not a second download", async () => {
    await parts.store.create(RECORD, Buffer.from("{}"));
    await expect(archive(GOOD)).rejects.toMatchObject({ code: "unusable-record" });
    expect(x.requests).toEqual([]);
  });
});

describe("The type of a medium", () => {
  const PNG = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(100, 7)]);

  it.each<[string, Buffer, string, object]>([
    ["what X says, where the bytes agree", PICTURE, "image/jpeg", { contentType: "image/jpeg" }],
    [
      "what X says, whatever else it says",
      PICTURE,
      "Image/JPEG; charset=binary",
      { contentType: "image/jpeg" },
    ],
    [
      "what the bytes are, where X says something else",
      PNG,
      "image/jpeg",
      { contentType: "image/png", declaredType: "image/jpeg" },
    ],
    [
      "unknown, where the bytes are nothing that we know",
      Buffer.alloc(100, 7),
      "image/jpeg",
      { contentType: "application/octet-stream", declaredType: "image/jpeg" },
    ],
    [
      "what the bytes are, where X says nothing",
      PNG,
      "",
      { contentType: "image/png", declaredType: "" },
    ],
  ])("is %s", async (_title, body, contentType, expected) => {
    const record = await archiveWith(downloadOf([body], { contentType }));
    const { contentType: real, declaredType } = "refusal" in record ? {} : record;
    expect({ contentType: real, ...(declaredType !== undefined && { declaredType }) }).toEqual(
      expected,
    );
    expect(stored()).toEqual([body]);
    expect(parts.log.of("media.mistyped")).toHaveLength("declaredType" in expected ? 1 : 0);
  });

  it("is told from bytes that come one by one, and none is lost", async () => {
    const bytes = Array.from(PICTURE.subarray(0, 40), (byte) => Uint8Array.of(byte));
    expect(await archiveWith(downloadOf(bytes))).toMatchObject({ contentType: "image/jpeg" });
    expect(stored()).toEqual([PICTURE.subarray(0, 40)]);
  });

  it.each([
    ["a page", "<!DOCTYPE html><h1>Over capacity</h1>"],
    ["a page behind a byte order mark", "\ufeff\n<html>"],
    ["a message", '{"errors":[{"code":131}]}'],
    ["nothing", ""],
  ])("of %s is none: it is tried again", async (_title, text) => {
    const archiving = archiveWith(downloadOf([Buffer.from(text)]));
    await expect(archiving).rejects.toMatchObject({ code: "x-unavailable" });
    expect(stored()).toEqual([]);
  });
});

describe("A medium that is too large", () => {
  const PIECE = Buffer.concat([PICTURE, Buffer.alloc(8 * 1024 * 1024 - PICTURE.byteLength, 7)]);
  const refusal = { refusal: "too large: more than 512 MiB" };

  it("is refused by its announced length, and not read", async () => {
    let cancelled = 0;
    const onCancel = () => void (cancelled += 1);
    const bytes = MEDIA_LIMIT_BYTES + 1;
    expect(await archiveWith(downloadOf([PICTURE], { bytes, onCancel }))).toEqual(refusal);
    expect(cancelled).toBe(1);
    expect(parts.store.blobs.size).toBe(0);
  });

  it("is let go while it streams, when nothing was announced, or less", async () => {
    let taken = 0;
    let isOver = false;
    function* endless() {
      try {
        for (;;) {
          taken += PIECE.byteLength;
          yield PIECE;
        }
      } finally {
        isOver = true;
      }
    }
    const store = storeThatKeepsNothing();
    expect(await archiveWith(downloadOf(endless(), { bytes: 1000 }), store)).toEqual(refusal);
    expect(taken).toBe(MEDIA_LIMIT_BYTES + PIECE.byteLength);
    expect(isOver).toBe(true);
    expect(parts.store.blobs.size).toBe(0);
  });
});

function storeThatKeepsNothing(): Store {
  return {
    ...parts.store,
    async createStream(_name, body) {
      for await (const _ of body) {
        // Gone.
      }
      return true;
    },
  };
}

function answerWith(body: Buffer): ScriptedAnswer {
  return { status: 200, body, headers: { "content-type": "image/jpeg" } };
}

/** A download of these pieces; `onCancel` is told when it is stopped. */
function downloadOf(
  pieces: Iterable<Uint8Array>,
  {
    bytes,
    contentType = "image/jpeg",
    onCancel = () => {},
  }: { bytes?: number; contentType?: string; onCancel?: () => void } = {},
): FetchMedia {
  async function* body() {
    yield* pieces;
  }
  return async () => ({ bytes, contentType, body: body(), cancel: onCancel });
}

/** What lies in the archive but records. */
function stored(): Buffer[] {
  return [...parts.store.blobs]
    .filter(([name]) => name !== RECORD)
    .map(([, { body }]) => Buffer.from(body));
}
