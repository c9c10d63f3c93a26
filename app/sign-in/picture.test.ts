import { describe, expect, it } from "vitest";
import { createParts } from "../testing/harness.ts";
import { createXAgent } from "../twitter/agent.ts";
import { createFetchMedia, type Download, type FetchMedia } from "../twitter/media.ts";
import { readPicture } from "./picture.ts";

const ACCOUNT = { id: "42", username: "small", name: "Small" };
const PICTURE_URL = "https://pbs.twimg.com/profile_images/42/small_normal.png";
const LIMIT_BYTES = 200_000;
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

describe("The picture of an account", () => {
  it.each<[string, Buffer, string]>([
    ["PNG", PNG, "image/png"],
    ["JPEG", Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4]), "image/jpeg"],
    ["GIF", Buffer.from("GIF89a12"), "image/gif"],
    ["WebP", Buffer.from("RIFF0000WEBPVP8 "), "image/webp"],
  ])("is of the type that its bytes show: %s", async (_title, body, type) => {
    const picture = await readPicture(
      answering([body], { contentType: "text/html" }),
      withPicture(),
    );
    expect(picture).toBe(`data:${type};base64,${body.toString("base64")}`);
  });

  it("may be as large as the limit, in any number of pieces", async () => {
    const pieces = [PNG, ...pad(LIMIT_BYTES - PNG.byteLength)];
    const picture = await readPicture(answering(pieces), withPicture());
    expect(picture).toBe(`data:image/png;base64,${Buffer.concat(pieces).toString("base64")}`);
  });
});

describe("The page does without a picture", () => {
  it.each([undefined, "", "no address", "//pbs.twimg.com/x.png"])(
    "where X names none: %s",
    async (pictureUrl) => {
      let asked = 0;
      const fetchMedia: FetchMedia = async () => {
        asked += 1;
        return { refusal: "test" };
      };
      const account = { ...ACCOUNT, ...(pictureUrl !== undefined && { pictureUrl }) };
      expect(await readPicture(fetchMedia, account)).toBeUndefined();
      expect(asked).toBe(0);
    },
  );

  it.each<[string, string]>([
    ["of another host", "https://evil.example/x.png"],
    ["of a machine of the network", "http://169.254.169.254/metadata"],
    ["in a file", "file:///etc/passwd"],
    ["in the address itself", "data:image/png;base64,iVBORw0KGgo="],
  ])("where it would be one %s", async (_title, pictureUrl) => {
    const { settings } = createParts("https://api.x.com");
    const fetchMedia = createFetchMedia(settings, createXAgent("https://api.x.com"));
    expect(await readPicture(fetchMedia, { ...ACCOUNT, pictureUrl })).toBeUndefined();
  });

  it.each<[string, FetchMedia]>([
    ["X refuses it", async () => ({ refusal: "X answered 404" })],
    ["X does not answer", async () => Promise.reject(new Error("X answered 503"))],
    ["it is no picture", answering([Buffer.from("<html>")], { contentType: "image/png" })],
    ["it is a video", answering([Buffer.from("\0\0\0\x18ftypmp42")], { contentType: "video/mp4" })],
    ["it is empty", answering([])],
    ["it breaks off", answering([PNG], { breaks: true })],
  ])("where %s", async (_title, fetchMedia) => {
    expect(await readPicture(fetchMedia, withPicture())).toBeUndefined();
  });

  it("where it is too large, and reads no more of it than that", async () => {
    let cancelled = 0;
    const pieces = [PNG, ...pad(10 * LIMIT_BYTES)];
    const fetchMedia = answering(pieces, { cancel: () => void (cancelled += 1) });
    expect(await readPicture(fetchMedia, withPicture())).toBeUndefined();
    expect(cancelled).toBe(1);
  });
});

function withPicture() {
  return { ...ACCOUNT, pictureUrl: PICTURE_URL };
}

function pad(bytes: number): Buffer[] {
  const pieces = Array.from({ length: Math.floor(bytes / 1000) }, () => Buffer.alloc(1000));
  return [...pieces, Buffer.alloc(bytes % 1000)];
}

function answering(
  pieces: Buffer[],
  {
    breaks = false,
    ...changes
  }: Partial<Pick<Download, "contentType" | "cancel">> & { breaks?: boolean } = {},
): FetchMedia {
  const body = async function* body() {
    yield* pieces;
    if (breaks) {
      throw new Error("the connection was cut");
    }
  };
  return async () => ({
    bytes: undefined,
    contentType: "image/png",
    body: body(),
    cancel: () => undefined,
    ...changes,
  });
}
