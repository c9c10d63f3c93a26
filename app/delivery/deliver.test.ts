import { afterEach, describe, expect, it } from "vitest";
import { manyPosts, postAt } from "../../scripts/local/x/testing/small-timeline.ts";
import type { Post } from "../../scripts/local/x/timeline.ts";
import { lookUp } from "../capture/lookup.ts";
import { captureDepsOf, SOURCE } from "../testing/captures.ts";
import {
  type Captured,
  captureWindow,
  deliverWindow,
  itemOf,
  sha256,
  TASK,
} from "../testing/deliveries.ts";
import { ConnectorError } from "../errors.ts";

const DAY = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
const NOON = "2026-01-01T12:00:00.000Z";
/** 25 posts a minute apart, the newest at the very end of the day, which is not part of it. */
const POSTS = manyPosts(25);
const IDS = POSTS.slice(1)
  .map(({ id }) => id)
  .toReversed();

let captured: Captured;
afterEach(() => captured.close());

async function start(posts: Post[] = POSTS, otherPosts: Post[] = []): Promise<Captured> {
  captured = await captureWindow(DAY, { posts, otherPosts });
  return captured;
}

describe("Each post of a window", () => {
  it("is handed over once, under a name that depends on it alone, oldest first in the list", async () => {
    const { entries, uploads } = await deliverWindow(await start(), DAY);
    expect(entries.map(({ id }) => id)).toEqual(IDS);
    expect(entries.map(({ fileName }) => fileName)).toEqual(IDS.map((id) => `${id}.json`));
    expect([...uploads.keys()].toSorted()).toEqual(IDS.map((id) => `${id}.json`).toSorted());
  });

  it("is listed with the size and the SHA-256 of the very bytes that were uploaded", async () => {
    const { entries, uploads } = await deliverWindow(await start(), DAY);
    expect(entries).not.toHaveLength(0);
    for (const { fileName, bytes, sha256: digest } of entries) {
      const body = uploads.get(fileName) ?? Buffer.alloc(0);
      expect({ bytes, digest }).toEqual({ bytes: body.byteLength, digest: sha256(body) });
    }
  });

  it("says its own time as that of its last change", async () => {
    const { entries } = await deliverWindow(await start([postAt(NOON)]), DAY);
    expect(entries).toMatchObject([{ modificationTimestampUtc: "2026-01-01T12:00:00Z" }]);
  });

  it("is handed over once, though X handed it out with two captures", async () => {
    const hour = "2026-01-02T01:00:00Z";
    // The later hour first: X counts the second of an `end_time` in, and sends its post again.
    captured = await captureWindow({ start: DAY.end, end: hour }, { posts: POSTS });
    const { entries } = await deliverWindow(captured, { start: "2026-01-01T23:50:00Z", end: hour });
    expect(entries.map(({ id }) => id)).toEqual([...IDS.slice(-10), POSTS[0]?.id]);
  });

  it("comes with the same name and the same bytes when it is done again", async () => {
    const all = await start([postAt(NOON, { attachments: { media_keys: ["3_1", "7_2"] } })]);
    const first = await deliverWindow(all, DAY);
    all.parts.clock.advance(3_600_000);
    const second = await deliverWindow(all, DAY);
    expect(second).toEqual(first);
    expect(all.downloads).toHaveLength(2);
  });
});

describe("Named posts that were read again", () => {
  it("come once, as of that moment, wherever they lie", async () => {
    const inside = postAt(NOON);
    const outside = postAt("2025-06-01T00:00:00.000Z");
    const all = await start([inside, outside]);
    await readAgain(all, [inside.id, outside.id]);
    const { entries } = await deliverWindow(all, DAY);
    expect(entries).toMatchObject([
      { id: outside.id, modificationTimestampUtc: "2026-06-01T12:00:00Z" },
      { id: inside.id, modificationTimestampUtc: "2026-06-01T12:00:00Z" },
    ]);
  });

  it("are no item where they are not the account's own", async () => {
    const other = postAt("2025-06-01T00:00:00.000Z", { author_id: "43" });
    const all = await start([], [other]);
    await readAgain(all, [other.id]);
    expect((await deliverWindow(all, DAY)).entries).toEqual([]);
  });

  async function readAgain({ parts }: Captured, ids: string[]) {
    await lookUp(captureDepsOf(parts), { ...SOURCE, taskId: TASK, ids });
  }
});

describe("A medium", () => {
  const photo = postAt(NOON, { attachments: { media_keys: ["3_1"] } });

  it("is downloaded once and attached to each item that shows it", async () => {
    const again = postAt("2026-01-01T13:00:00.000Z", { attachments: { media_keys: ["3_1"] } });
    const all = await start([photo, again]);
    const done = await deliverWindow(all, DAY, { concurrency: 1 });
    expect(all.downloads).toHaveLength(1);
    const [first, second] = [photo, again].map(({ id }) => itemOf(done, id).ContentAttachments);
    expect(first).toHaveLength(1);
    expect(second).toEqual(first);
  });

  it("that cannot be had does not stop its post: item, list and log say why", async () => {
    const all = await start([photo, postAt("2026-01-01T13:00:00.000Z")]);
    const fetchMedia = async () => ({ refusal: "X answered 404" });
    const done = await deliverWindow(all, DAY, { fetchMedia });
    expect(done.entries).toMatchObject([
      { id: photo.id, media: [{ mediaKey: "3_1", omitted: "X answered 404" }] },
      { media: [] },
    ]);
    expect(itemOf(done, photo.id)).toMatchObject({
      ContentAttachments: null,
      Content: expect.stringContaining("Not attached: photo 3_1: X answered 404\n") as unknown,
    });
    expect(all.parts.log.of("media.not-archived")).toMatchObject([
      { postId: photo.id, mediaKey: "3_1", reason: "X answered 404" },
    ]);
  });

  it("that is not attached in its best quality is so in item and list", async () => {
    const film = postAt(NOON, { attachments: { media_keys: ["7_2"] } });
    const all = await start([film]);
    const fetchMedia = async (url: string) =>
      url.includes("1280x720") ? { refusal: "X answered 403" } : all.fetchMedia(url);
    const done = await deliverWindow(all, DAY, { fetchMedia });
    expect(done.entries[0]?.media).toMatchObject([
      { mediaKey: "7_2", fallbackReason: "X answered 403" },
    ]);
    expect(itemOf(done, film.id).Content).toContain(
      "Attached: 7_2.mp4, video, not in its best quality (X answered 403)\n",
    );
  });

  it("that is attached is listed with its size and SHA-256", async () => {
    const done = await deliverWindow(await start([photo]), DAY);
    const [attachment] = itemOf(done, photo.id).ContentAttachments ?? [];
    const bytes = Buffer.from(attachment?.Content ?? "", "base64");
    expect(done.entries[0]?.media).toEqual([
      { mediaKey: "3_1", bytes: bytes.byteLength, sha256: sha256(bytes) },
    ]);
    expect(bytes.byteLength).toBeGreaterThan(1000);
  });
});

describe("An upload", () => {
  it("under a name that has other bytes and stays, goes under one of its own bytes, and is listed so", async () => {
    const all = await start();
    const [first = ""] = IDS;
    const upload = async (fileName: string) => {
      if (fileName === `${first}.json`) {
        throw new ConnectorError("upload-name-taken", "holds it with other bytes");
      }
    };
    const { entries, uploads } = await deliverWindow(all, DAY, { upload });
    const entry = entries.find(({ id }) => id === first);
    expect(entry?.fileName).toBe(`${first}-${entry?.sha256.slice(0, 16)}.json`);
    expect(uploads.has(entry?.fileName ?? "")).toBe(true);
    const again = await deliverWindow(all, DAY, { upload });
    expect(again.entries).toEqual(entries);
  });

  it("that fails fails the delivery with its own reason, so that nothing is reported as handed over", async () => {
    const all = await start();
    const upload = async (fileName: string) => {
      if (fileName === `${IDS[3]}.json`) {
        throw new ConnectorError("sas-unusable", "The platform's container refused an item: 403");
      }
    };
    await expect(deliverWindow(all, DAY, { upload })).rejects.toMatchObject({
      code: "sas-unusable",
    });
  });

  it("runs beside others, but never beside more than it may", async () => {
    const all = await start();
    let running = 0;
    let most = 0;
    const upload = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => {
        setTimeout(resolve, 2);
      });
      running -= 1;
    };
    await deliverWindow(all, DAY, { upload, concurrency: 3 });
    expect(most).toBe(3);
  });
});
