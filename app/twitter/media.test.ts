import { afterEach, describe, expect, it } from "vitest";
import { testSettings } from "../testing/environment.ts";
import { type ScriptedAnswer, type ScriptedX, startScriptedX } from "../testing/serve-x.ts";
import { createXAgent } from "./agent.ts";
import { createFetchMedia, type Download, filesOf } from "./media.ts";
import type { Media } from "./page.ts";

const PHOTO = "https://pbs.twimg.com/media/A.jpg?name=orig";
/** The first bytes of a JPEG, then something. */
const PICTURE = Buffer.concat([Buffer.from("ffd8ffe000104a464946", "hex"), Buffer.alloc(5000, 7)]);
const JPEG = { "content-type": "image/jpeg" };

describe("The files of", () => {
  const film = (content_type: string, bit_rate?: number) => ({
    content_type,
    url: `https://video.twimg.com/v/${bit_rate ?? "none"}`,
    ...(bit_rate !== undefined && { bit_rate }),
  });

  it.each<[string, Omit<Media, "media_key">, string[]]>([
    [
      "a JPEG photo are the original, and then what X made of it, ever smaller",
      { type: "photo", url: "https://pbs.twimg.com/media/A.jpg" },
      [
        "https://pbs.twimg.com/media/A.jpg?name=orig",
        "https://pbs.twimg.com/media/A.jpg?name=4096x4096",
        "https://pbs.twimg.com/media/A.jpg?name=large",
        "https://pbs.twimg.com/media/A.jpg",
      ],
    ],
    [
      "a PNG photo are those in its own format",
      { type: "photo", url: "https://pbs.twimg.com/media/A.png" },
      [
        "https://pbs.twimg.com/media/A.png?format=png&name=orig",
        "https://pbs.twimg.com/media/A.png?format=png&name=4096x4096",
        "https://pbs.twimg.com/media/A.png?format=png&name=large",
        "https://pbs.twimg.com/media/A.png",
      ],
    ],
    [
      "a photo whose address asks for a size are the original all the same, and this one last",
      { type: "photo", url: "https://pbs.twimg.com/media/A?format=jpg&name=small" },
      [
        "https://pbs.twimg.com/media/A?format=jpg&name=orig",
        "https://pbs.twimg.com/media/A?format=jpg&name=4096x4096",
        "https://pbs.twimg.com/media/A?format=jpg&name=large",
        "https://pbs.twimg.com/media/A?format=jpg&name=small",
      ],
    ],
    ["a photo without an address are none", { type: "photo" }, []],
    ["a photo with something else for an address are none", { type: "photo", url: "A.jpg" }, []],
    [
      "a video are its MP4s, the best first, and never the play list",
      {
        type: "video",
        variants: [
          film("application/x-mpegURL"),
          film("video/mp4", 256_000),
          film("video/mp4", 2_176_000),
          film("video/mp4", 832_000),
        ],
      },
      ["2176000", "832000", "256000"].map((rate) => `https://video.twimg.com/v/${rate}`),
    ],
    [
      "an animated GIF are its MP4, though it has no bit rate",
      { type: "animated_gif", variants: [film("video/mp4")] },
      ["https://video.twimg.com/v/none"],
    ],
    [
      "a medium of which X does not say the type are what it gives for it",
      { url: "https://pbs.twimg.com/media/A.jpg" },
      [
        "https://pbs.twimg.com/media/A.jpg?name=orig",
        "https://pbs.twimg.com/media/A.jpg?name=4096x4096",
        "https://pbs.twimg.com/media/A.jpg?name=large",
        "https://pbs.twimg.com/media/A.jpg",
      ],
    ],
    [
      "a video are its MP4s, also where only the address says that it is one",
      { type: "video", variants: [{ url: "https://video.twimg.com/v/a.mp4?tag=1" }] },
      ["https://video.twimg.com/v/a.mp4?tag=1"],
    ],
    [
      "a video that X gives as a stream only are its preview picture",
      {
        type: "video",
        variants: [film("application/x-mpegURL")],
        preview_image_url: "https://pbs.twimg.com/ext_tw_video_thumb/1/pu/img/A.jpg",
      },
      ["?name=orig", "?name=4096x4096", "?name=large", ""].map(
        (size) => `https://pbs.twimg.com/ext_tw_video_thumb/1/pu/img/A.jpg${size}`,
      ),
    ],
    [
      "a video with an MP4 are never its preview picture",
      {
        type: "video",
        variants: [film("video/mp4", 1)],
        preview_image_url: "https://pbs.twimg.com/ext_tw_video_thumb/1/pu/img/A.jpg",
      },
      ["https://video.twimg.com/v/1"],
    ],
    ["a video without variants are none", { type: "video" }, []],
    [
      "a medium of a kind that nobody knows yet are its MP4s",
      { type: "hologram", variants: [film("video/mp4", 1)] },
      ["https://video.twimg.com/v/1"],
    ],
  ])("%s", (_title, media, urls) => {
    expect(filesOf({ media_key: "3_1", ...media }).map(({ url }) => url)).toEqual(urls);
  });

  it.each<[string, Partial<Media>, string | undefined]>([
    [
      "a stream",
      { type: "video", variants: [film("application/x-mpegURL")] },
      "it is the preview picture of a video that X gives as a stream only",
    ],
    [
      "nothing else",
      { type: "animated_gif", variants: [] },
      "it is the preview picture of an animated GIF of which X names no file",
    ],
  ])("a preview picture say that they stand for %s", (_title, media, standsFor) => {
    const preview_image_url = "https://pbs.twimg.com/ext_tw_video_thumb/1/pu/img/A.jpg";
    const [file] = filesOf({ media_key: "7_1", preview_image_url, ...media });
    expect(file).toMatchObject({ name: "preview-orig", standsFor });
  });

  it("media whose address has a query say where they are without it", () => {
    const url = "https://video.twimg.com/v/a.mp4?tag=1";
    const variants = [{ url, content_type: "video/mp4" }];
    expect(filesOf({ media_key: "7_1", type: "video", variants })).toEqual([
      { name: "0", url, withoutQuery: "https://video.twimg.com/v/a.mp4" },
    ]);
    const sized = "https://pbs.twimg.com/media/A.jpg?format=jpg&name=small";
    const photo = filesOf({ media_key: "3_1", type: "photo", url: sized });
    expect(photo.map(({ withoutQuery }) => withoutQuery)).toEqual([
      undefined,
      undefined,
      undefined,
      "https://pbs.twimg.com/media/A.jpg",
    ]);
  });
});

describe("A download", () => {
  let x: ScriptedX;
  afterEach(() => x.close());

  async function fetchFrom(
    answer: ScriptedAnswer | undefined,
    { url = PHOTO, X_API_URL }: { url?: string; X_API_URL?: string } = {},
  ): Promise<Download | { refusal: string }> {
    x = await startScriptedX(() => answer);
    const settings = testSettings({ X_API_URL: X_API_URL ?? x.url });
    return createFetchMedia(settings, createXAgent(x.url))(url);
  }

  it("gives the bytes as they are, their type, and how many were announced", async () => {
    const length = String(PICTURE.byteLength);
    const headers = { ...JPEG, "content-length": length };
    const download = await fetchFrom({ status: 200, body: PICTURE, headers });
    expect(download).toMatchObject({ bytes: PICTURE.byteLength, contentType: "image/jpeg" });
    expect(await bytesOf(download)).toEqual(PICTURE);
  });

  it("asks the host that the address names, and tells it nothing of ours", async () => {
    const download = await fetchFrom({ status: 200, body: PICTURE, headers: JPEG });
    await bytesOf(download);
    expect(x.requests).toMatchObject([
      { method: "GET", url: "/media/A.jpg?name=orig", host: "pbs.twimg.com" },
    ]);
    expect(Object.keys(x.requests[0]?.headers ?? {}).toSorted()).toEqual(["connection", "host"]);
  });

  it.each([
    "http://pbs.twimg.com/media/A.jpg",
    "https://pbs.twimg.com:8443/media/A.jpg",
    "https://pbs.twimg.com.evil.example/media/A.jpg",
    "https://evil.example/pbs.twimg.com/media/A.jpg",
    "https://pbs.twimg.com@evil.example/media/A.jpg",
    "https://twimg.com/media/A.jpg",
    "https://169.254.169.254/metadata/identity/oauth2/token",
    "https://127.0.0.1/",
    "https://[::1]/",
    "file:///etc/passwd",
    "data:image/png;base64,AAAA",
    "A.jpg",
    "",
  ])("from another place is refused without asking there: %s", async (url) => {
    const download = await fetchFrom({ status: 200 }, { url, X_API_URL: "https://api.x.com" });
    expect(download).toEqual({ refusal: expect.any(String) as unknown });
    expect(x.requests).toEqual([]);
  });

  it.each([301, 302, 303, 307, 308])("does not follow a redirect: %d", async (status) => {
    const headers = { location: "https://pbs.twimg.com/media/B.jpg" };
    expect(await fetchFrom({ status, headers })).toEqual({
      refusal: `X answered ${status}`,
      status,
    });
    expect(x.requests).toHaveLength(1);
  });

  it.each([400, 401, 403, 404, 410, 451])("that is refused says so: %d", async (status) => {
    expect(await fetchFrom({ status, body: "gone" })).toEqual({
      refusal: `X answered ${status}`,
      status,
    });
  });

  it.each<[string, ScriptedAnswer | undefined]>([
    ["429", { status: 429 }],
    ["500", { status: 500 }],
    ["503", { status: 503, body: "<h1>Over capacity</h1>" }],
    ["a cut connection", undefined],
  ])("that may work another time is an error: %s", async (_title, answer) => {
    await expect(fetchFrom(answer)).rejects.toThrow(/answered (429|500|503)|hang up|ECONNRESET/);
  });

  it.each<[string, Record<string, string>]>([
    ["of an announced length", { "content-length": String(PICTURE.byteLength + 1) }],
    ["of an unknown length", {}],
  ])("that is cut off in the middle is no whole one: a body %s", async (_title, headers) => {
    const cut = {
      status: 200,
      body: PICTURE,
      headers: { ...JPEG, ...headers },
      after: "cut",
    } as const;
    const download = await fetchFrom(cut);
    await expect(bytesOf(download)).rejects.toThrow("aborted");
  });
});

describe("A media host that takes its time", () => {
  let x: ScriptedX;
  afterEach(() => x.close());

  const START = { status: 200, body: PICTURE, headers: JPEG };
  it.each<[string, ScriptedAnswer | "silence", { silenceMs: number; wholeMs: number }]>([
    ["does not answer", "silence", { silenceMs: 100, wholeMs: 60_000 }],
    ["stops in the middle", { ...START, after: "silence" }, { silenceMs: 100, wholeMs: 60_000 }],
    ["goes on for ever", { ...START, after: "trickle" }, { silenceMs: 60_000, wholeMs: 200 }],
  ])("and %s is let go", async (_title, answer, timeouts) => {
    x = await startScriptedX(() => answer);
    const settings = testSettings({ X_API_URL: x.url });
    const fetchMedia = createFetchMedia(settings, createXAgent(x.url), timeouts);
    const startedAt = performance.now();
    await expect(fetchMedia(PHOTO).then(bytesOf)).rejects.toThrow(/aborted|does not answer/);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });
});

async function bytesOf(download: Download | { refusal: string }): Promise<Buffer> {
  return "refusal" in download
    ? Buffer.from(download.refusal)
    : Buffer.concat(await Array.fromAsync(download.body));
}
