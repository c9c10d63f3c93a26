import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { postAt, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import type { Media, Post } from "../../scripts/local/x/timeline.ts";
import { sha256 } from "../testing/deliveries.ts";
import { ACCOUNT, createParts, OWN_TOKEN, type Parts, X_KEYS } from "../testing/harness.ts";
import { createXAgent } from "../twitter/agent.ts";
import { createFetchMedia, type FetchMedia } from "../twitter/media.ts";
import { parsePage } from "../twitter/page.ts";
import { attach, ITEM_LIMIT_BYTES, mediaOf, planMedia } from "./attachments.ts";
import type { MediaOutcome } from "./media-outcome.ts";
import type { Attachment } from "../import-service/item.ts";

const FILM = "https://video.twimg.com/ext_tw_video/2/pu/vid/avc1";
const GIF = "https://video.twimg.com/tweet_video/G.mp4";
const PHOTOS = "https://pbs.twimg.com/media";
const PREVIEW = "https://pbs.twimg.com/ext_tw_video_thumb/4/pu/img/D.jpg";
const MEDIA: Media[] = [
  { media_key: "3_1", type: "photo", url: `${PHOTOS}/A.jpg`, alt_text: "A quay" },
  { media_key: "3_2", type: "photo", url: `${PHOTOS}/B.png` },
  {
    media_key: "7_2",
    type: "video",
    variants: [
      { content_type: "application/x-mpegURL", url: `${FILM}/list.m3u8` },
      { content_type: "video/mp4", bit_rate: 256_000, url: `${FILM}/small.mp4` },
      { content_type: "video/mp4", bit_rate: 2_176_000, url: `${FILM}/best.mp4?tag=12` },
      { content_type: "video/mp4", bit_rate: 832_000, url: `${FILM}/middle.mp4` },
    ],
  },
  { media_key: "7_3", type: "video", variants: [], preview_image_url: undefined },
  {
    media_key: "7_4",
    type: "video",
    preview_image_url: PREVIEW,
    variants: [{ content_type: "application/x-mpegURL", url: `${FILM}/list4.m3u8` }],
  },
  { media_key: "16_1", type: "animated_gif", variants: [{ content_type: "video/mp4", url: GIF }] },
];

const OTHER = postAt("2025-12-31T00:00:00.000Z", { author_id: "43" });

let x: LocalX;
afterEach(() => x.close());

type Result = {
  parts: Parts;
  /** What became of the media, by the post that shows them. */
  media: Map<string, MediaOutcome[]>;
  /** Addresses that were downloaded from. */
  downloads: string[];
};

/** Plans and attaches the media of a post as X hands it out; `meet` may stand in for X's media. */
async function attachAll(
  members: Partial<Post>,
  {
    other = OTHER,
    meet,
    waitForMedia = false,
  }: {
    other?: Post;
    meet?: (url: string) => ReturnType<FetchMedia> | undefined;
    waitForMedia?: boolean;
  } = {},
): Promise<Result> {
  const own = { ...postAt("2026-01-01T00:00:00.000Z"), id: "1000", ...members };
  x = await startSmallX([own], { keys: X_KEYS, media: MEDIA, otherPosts: [other] });
  const parts = createParts(x.url);
  const { body } = await parts.twitter.timeline(OWN_TOKEN, ACCOUNT.id, { maxResults: 5 });
  const { posts, includes } = parsePage(body);
  const [post] = posts;
  if (!post) {
    throw new Error("X did not hand the post out");
  }
  const { store, log, clock } = parts;
  const downloads: string[] = [];
  const fetchFromX = createFetchMedia(parts.settings, createXAgent(x.url));
  const fetchMedia: FetchMedia = (url) => {
    downloads.push(url);
    return meet?.(url) ?? fetchFromX(url);
  };
  const deps = { store, log: log.log, now: clock.now, fetchMedia, waitForMedia };
  const shown = { jobId: "job-1", id: post.id, media: mediaOf(post, includes) };
  const media = await attach(deps, await planMedia(deps, shown));
  return { parts, media, downloads };
}

function attachmentsOf({ media }: Result, postId = "1000"): Attachment[] {
  return (media.get(postId) ?? []).flatMap(({ attachment }) => attachment ?? []);
}

function bytesOf({ Content }: Attachment): Buffer {
  return Buffer.from(Content, "base64");
}

function shows(...keys: string[]): Partial<Post> {
  return { attachments: { media_keys: keys } };
}

describe("An attachment", () => {
  it.each([
    ["3_1", { type: "image/jpeg", name: "3_1.jpg", uri: `${PHOTOS}/A.jpg?name=orig` }],
    ["3_2", { type: "image/png", name: "3_2.png", uri: `${PHOTOS}/B.png?format=png&name=orig` }],
    ["7_2", { type: "video/mp4", name: "7_2.mp4", uri: `${FILM}/best.mp4?tag=12` }],
    ["16_1", { type: "video/mp4", name: "16_1.mp4", uri: GIF }],
  ])("of medium %s has the name, type and address of its best file", async (key, expected) => {
    const [attachment, ...more] = attachmentsOf(await attachAll(shows(key)));
    expect(more).toEqual([]);
    expect(attachment).toMatchObject({
      AttachmentFileName: expected.name,
      AttachmentType: expected.type,
      Uri: expected.uri,
    });
  });

  it("of a video is the video's best MP4 and not a picture of it", async () => {
    const result = await attachAll(shows("7_2"));
    const [attachment] = attachmentsOf(result);
    expect(result.downloads).toEqual([`${FILM}/best.mp4?tag=12`]);
    const truth = x.posts().flatMap(({ media }) => media);
    expect(attachment && sha256(bytesOf(attachment))).toBe(truth[0]?.sha256);
  });

  it("of a video that X gives as a stream only is its preview picture, and called that", async () => {
    const result = await attachAll(shows("7_4"));
    expect(attachmentsOf(result)).toMatchObject([
      {
        AttachmentFileName: "7_4.jpg",
        AttachmentType: "image/jpeg",
        Uri: `${PREVIEW}?name=orig`,
      },
    ]);
    expect(result.media.get("1000")).toMatchObject([
      { fallbackReason: "it is the preview picture of a video that X gives as a stream only" },
    ]);
  });

  it("each of several comes in the order of the post", async () => {
    const result = await attachAll(shows("7_2", "3_2", "3_1"));
    expect(attachmentsOf(result).map(({ AttachmentFileName: name }) => name)).toEqual([
      "7_2.mp4",
      "3_2.png",
      "3_1.jpg",
    ]);
  });

  it("belongs to the post that shows it, also where another post quotes that one", async () => {
    const result = await attachAll(
      { ...shows("3_1"), referenced_tweets: [{ type: "quoted", id: OTHER.id }] },
      { other: { ...OTHER, ...shows("3_2") } },
    );
    expect(attachmentsOf(result)).toMatchObject([{ AttachmentFileName: "3_1.jpg" }]);
    expect(attachmentsOf(result, OTHER.id)).toMatchObject([{ AttachmentFileName: "3_2.png" }]);
  });

  it("that a repost and its original both show comes once", async () => {
    const result = await attachAll(
      { ...shows("3_1"), referenced_tweets: [{ type: "retweeted", id: OTHER.id }] },
      { other: { ...OTHER, ...shows("3_1") } },
    );
    const all = ["1000", OTHER.id].flatMap((id) => attachmentsOf(result, id));
    expect(all).toHaveLength(1);
    expect(result.downloads).toHaveLength(1);
  });

  it("keeps what the author says that it shows", async () => {
    const { media } = await attachAll(shows("3_1"));
    expect(media.get("1000")).toMatchObject([
      { mediaKey: "3_1", type: "photo", altText: "A quay" },
    ]);
  });
});

describe("A medium that does not go along is named with its reason:", () => {
  it.each([
    ["7_3", "X names no file of it"],
    ["3_1", "X answered 404", () => Promise.resolve({ refusal: "X answered 404" })],
    ["3_1", "could not be downloaded in 4 tries", () => Promise.reject(new Error("cut off"))],
  ])("%s, because it %s", async (key, omitted, meet?: () => ReturnType<FetchMedia>) => {
    const result = await attachAll(shows(key), meet && { meet });
    expect(result.media.get("1000")).toMatchObject([{ mediaKey: key, omitted }]);
    expect(attachmentsOf(result)).toEqual([]);
    expect(result.parts.log.of("media.not-archived")).toMatchObject([
      { postId: "1000", mediaKey: key, reason: omitted },
    ]);
  });

  it("is tried again where trying again may help, and then attached", async () => {
    let failures = 2;
    const meet = () => {
      failures -= 1;
      return failures >= 0 ? Promise.reject(new Error("X answered 503")) : undefined;
    };
    const result = await attachAll(shows("3_1"), { meet });
    expect(attachmentsOf(result)).toHaveLength(1);
    expect(result.downloads).toHaveLength(3);
  });

  it("is left for the task's next try, where that is still to come", async () => {
    const meet = () => Promise.reject(new Error("X answered 503"));
    await expect(attachAll(shows("3_1"), { meet, waitForMedia: true })).rejects.toMatchObject({
      code: "x-unavailable",
    });
  });

  it("gives way to the next best file where X has lost the best", async () => {
    const meet = (url: string) =>
      url.includes("best") ? Promise.resolve({ refusal: "X answered 404" }) : undefined;
    const result = await attachAll(shows("7_2"), { meet });
    expect(attachmentsOf(result)).toMatchObject([{ Uri: `${FILM}/middle.mp4` }]);
    expect(result.media.get("1000")).toMatchObject([{ fallbackReason: "X answered 404" }]);
  });
});

describe("A photo", () => {
  it.each([
    [["name=orig"], `${PHOTOS}/A.jpg?name=4096x4096`],
    [["name=orig", "name=4096x4096"], `${PHOTOS}/A.jpg?name=large`],
    [["name="], `${PHOTOS}/A.jpg`],
  ])("that X has not (%j) gives way to what X made of it, and says so", async (lost, uri) => {
    const meet = (url: string) =>
      lost.some((size) => url.includes(size))
        ? Promise.resolve({ refusal: "X answered 404" })
        : undefined;
    const result = await attachAll(shows("3_1"), { meet });
    expect(attachmentsOf(result)).toMatchObject([{ Uri: uri }]);
    expect(result.media.get("1000")).toMatchObject([{ fallbackReason: "X answered 404" }]);
  });

  it("that is another kind of picture than X says has its own kind's name", async () => {
    const png = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(100)]);
    const meet = async () => ({
      bytes: png.byteLength,
      contentType: "image/jpeg",
      body: Readable.from([png]),
      cancel: () => {},
    });
    const result = await attachAll(shows("3_1"), { meet });
    expect(attachmentsOf(result)).toMatchObject([
      { AttachmentFileName: "3_1.png", AttachmentType: "image/png" },
    ]);
    expect(result.parts.log.of("media.mistyped")).toMatchObject([
      { mediaKey: "3_1", detail: "X calls it image/jpeg, its bytes are image/png" },
    ]);
  });
});

describe("The platform's limit of an item", () => {
  const large = (bytes: number) => async () => ({
    bytes,
    contentType: "video/mp4",
    body: pad(bytes),
    cancel: () => {},
  });

  it("is kept by attaching the best file that still fits; what is too large stays in the archive", async () => {
    const meet = (url: string) => (url.includes("best") ? large(ITEM_LIMIT_BYTES)() : undefined);
    const result = await attachAll(shows("7_2"), { meet });
    expect(attachmentsOf(result)).toMatchObject([{ Uri: `${FILM}/middle.mp4` }]);
    expect(result.media.get("1000")).toMatchObject([
      { fallbackReason: expect.stringMatching(/^its 10000000 bytes are too many/) as unknown },
    ]);
    const sizes = [...result.parts.store.blobs.values()].map(({ body }) => body.byteLength);
    expect(sizes).toContain(ITEM_LIMIT_BYTES);
  });

  it("holds for all attachments of an item together", async () => {
    const half = large(ITEM_LIMIT_BYTES / 2);
    const meet = (url: string) => (url.includes("A.jpg") || url === GIF ? half() : undefined);
    const result = await attachAll(shows("16_1", "3_1"), { meet });
    expect(result.media.get("1000")).toMatchObject([
      { mediaKey: "16_1", attachment: {} },
      {
        mediaKey: "3_1",
        omitted: expect.stringMatching(
          /too many for an e-mail item.*SHA-256 [0-9a-f]{64}/,
        ) as unknown,
      },
    ]);
  });
});

/** A film's first bytes and then nothing of interest, in pieces. */
async function* pad(bytes: number): AsyncGenerator<Uint8Array> {
  const head = Buffer.from("\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "latin1");
  yield head;
  const piece = Buffer.alloc(1_000_000);
  for (let left = bytes - head.byteLength; left > 0; left -= piece.byteLength) {
    yield piece.subarray(0, Math.min(left, piece.byteLength));
  }
}
