import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { names } from "../archive/names.ts";
import { sha256 } from "../testing/deliveries.ts";
import { createParts, type Parts } from "../testing/harness.ts";
import { type ScriptedAnswer, type ScriptedX, startScriptedX } from "../testing/serve-x.ts";
import { createXAgent } from "../twitter/agent.ts";
import { createFetchMedia } from "../twitter/media.ts";
import { archiveMedia } from "./media.ts";

const PICTURE = Buffer.concat([Buffer.from("ffd8ffe000104a464946", "hex"), Buffer.alloc(5000, 7)]);
const OTHER_PICTURE = Buffer.concat([PICTURE, Buffer.alloc(1, 8)]);
const URL = "https://pbs.twimg.com/media/A.jpg?name=orig";
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
  const { store, clock, settings } = parts;
  const fetchMedia = createFetchMedia(settings, createXAgent(x.url));
  const file = { name: "orig", url: URL };
  return archiveMedia(
    { store, fetchMedia, now: clock.now },
    { jobId: "job-1", mediaKey: "3_1", file },
  );
}

describe("A medium", () => {
  it("is kept as the bytes came, with where and when they were had and their SHA-256", async () => {
    const record = await archive(GOOD);
    expect(record).toEqual({
      blob: expect.stringMatching(/^evidence\/job-1\/media\/3_1\/orig-/) as unknown,
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
    const both = await Promise.all([archive(), archive(GOOD, answerWith(OTHER_PICTURE))]);
    expect(both[0]).toEqual(both[1]);
    expect(stored()).toHaveLength(1);
    expect(both[0]).toMatchObject({ sha256: sha256(stored()[0] ?? Buffer.alloc(0)) });
  });

  it.each([403, 404])(
    "that X refuses with %d is kept as nothing, and may be had later",
    async (status) => {
      expect(await archive({ status })).toEqual({ refusal: `X answered ${status}` });
      expect(parts.store.blobs.size).toBe(0);
      expect(await archive(GOOD)).toMatchObject({ sha256: sha256(PICTURE) });
    },
  );

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
    const { store, clock } = parts;
    const fetchMedia = async () => ({
      bytes: PICTURE.byteLength + 1,
      contentType: "image/jpeg",
      body: pieces(),
      cancel: () => {},
    });
    const archiving = archiveMedia(
      { store, fetchMedia, now: clock.now },
      { jobId: "job-1", mediaKey: "3_1", file: { name: "orig", url: URL } },
    );
    await expect(archiving).rejects.toMatchObject({ code: "x-unavailable" });
    expect(store.blobs.has(RECORD)).toBe(false);
  });

  it("whose record cannot be read is an error and not a second download", async () => {
    await parts.store.put(RECORD, Buffer.from("{}"));
    await expect(archive(GOOD)).rejects.toMatchObject({ code: "unusable-record" });
    expect(x.requests).toEqual([]);
  });
});

function answerWith(body: Buffer): ScriptedAnswer {
  return { status: 200, body, headers: { "content-type": "image/jpeg" } };
}

async function* pieces() {
  yield PICTURE;
}

/** What lies in the archive but records. */
function stored(): Buffer[] {
  return [...parts.store.blobs]
    .filter(([name]) => name !== RECORD)
    .map(([, { body }]) => Buffer.from(body));
}
