import { createHash } from "node:crypto";
import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import { describe, expect, it } from "vitest";
import { generateTimeline } from "./generate.ts";
import { createMediaFiles } from "./media-files.ts";
import { bestFileOf, describeMedia, mediaKeysOf } from "./media-objects.ts";
import { getAs } from "./testing/get-as.ts";
import { postAt, smallTimeline, startSmallX } from "./testing/small-timeline.ts";

const KEYS = ["3_1", "3_2", "7_3", "13_4", "16_5"];
const timeline = smallTimeline([
  postAt("2026-01-01T00:00:00.000Z", { attachments: { media_keys: KEYS } }),
]);
const files = createMediaFiles(timeline);

function bytesAt(url: string): Buffer | undefined {
  return files.at(new URL(url))?.body;
}

function boxesOf(film: Buffer): string[] {
  const types: string[] = [];
  for (let at = 0; at < film.length; at += film.readUInt32BE(at)) {
    types.push(film.toString("latin1", at + 4, at + 8));
  }
  return types;
}

describe("media files", () => {
  it("are pictures that can be opened, smaller without `name=orig`", () => {
    const url = String(describeMedia(timeline, "3_1").url);
    const best = bytesAt(`${url}?name=orig`) ?? Buffer.alloc(0);
    const usual = bytesAt(url) ?? Buffer.alloc(0);
    const decode = (bytes: Buffer) =>
      url.endsWith(".png") ? PNG.sync.read(bytes) : jpeg.decode(bytes);
    expect(decode(best)).toMatchObject({ width: 160, height: 100 });
    expect(decode(usual)).toMatchObject({ width: 80, height: 50 });
    expect(bytesAt(`${url}?name=large`)).toEqual(usual);
    expect(bytesAt(`${url}:orig`)).toEqual(best);
  });

  it("are films made of whole boxes, other bytes for each variant", () => {
    const films = (describeMedia(timeline, "7_3").variants ?? [])
      .filter((variant) => variant.content_type === "video/mp4")
      .map(({ url }) => bytesAt(url) ?? Buffer.alloc(0));
    expect(films).toHaveLength(3);
    expect(new Set(films.map((film) => film.toString("hex"))).size).toBe(3);
    for (const film of films) {
      expect(boxesOf(film)).toEqual(["ftyp", "moov", "free", "mdat", "free"]);
    }
  });

  it("name the best film by bit rate, whatever its place in the list", () => {
    expect(bestFileOf(describeMedia(timeline, "13_4"))?.url).toContain("1280x720");
    expect(bestFileOf(describeMedia(timeline, "16_5"))?.url).toMatch(/tweet_video\/.*\.mp4$/);
  });

  it("are pictures without extension too, where the query names the right format", () => {
    const url = String(describeMedia(timeline, "3_1").url);
    const [bare, extension] = url.split(/\.(?=\w+$)/);
    const other = extension === "png" ? "jpg" : "png";
    expect(bytesAt(`${bare}?format=${extension}&name=orig`)).toEqual(bytesAt(`${url}?name=orig`));
    expect(bytesAt(`${bare}?format=${other}&name=orig`)).toBeUndefined();
    expect(bytesAt(`${url}?format=${other}&name=orig`)).toBeUndefined();
  });

  it("are not where a query is, for films that X has only without it", () => {
    const key = "7_3";
    const media = [{ media_key: key, only_without_query: true }];
    const refusing = createMediaFiles(smallTimeline([], [], media));
    const url = new URL(describeMedia(timeline, key).variants?.[1]?.url ?? "");
    expect(files.at(url)).toBeDefined();
    expect(refusing.at(url)).toBeUndefined();
    url.search = "";
    expect(refusing.at(url)).toBeDefined();
  });

  it("differ for every medium of the generated timeline, and are the same each time", () => {
    const hashes = hashBest();
    const known = hashes.filter((hash) => hash !== undefined);
    expect(new Set(known).size).toBe(known.length);
    expect(hashes.filter((hash) => hash === undefined)).toHaveLength(2);
    expect(hashBest()).toEqual(hashes);
  });
});

describe("the media hosts", () => {
  it("serve files by Host header, parts of files, and 404 for all else", async () => {
    const x = await startSmallX([...timeline.posts]);
    const url = String(describeMedia(timeline, "3_1").url);
    const whole = await getAs(x.url, `${url}?name=orig`);
    const part = await getAs(x.url, `${url}?name=orig`, { headers: { range: "bytes=2-5" } });
    const head = await getAs(x.url, url, { method: "HEAD" });
    const wrongHost = await getAs(x.url, url.replace("pbs", "video"));
    const beyond = await getAs(x.url, url, { headers: { range: "bytes=999999-" } });
    await x.close();
    expect([whole.status, part.status, head.status, wrongHost.status, beyond.status]).toEqual([
      200, 206, 200, 404, 416,
    ]);
    expect(whole.headers["content-length"]).toBe(String(whole.body.length));
    expect(whole.headers["content-type"]).toMatch(/^image\/(png|jpeg)$/);
    expect(part.body).toEqual(whole.body.subarray(2, 6));
    expect(head.body).toHaveLength(0);
  });
});

function hashBest(): (string | undefined)[] {
  const generated = generateTimeline();
  const generatedFiles = createMediaFiles(generated);
  const keys = new Set([...generated.everyPost.values()].flatMap(mediaKeysOf));
  return Array.from(keys, (key) => {
    const url = new URL(bestFileOf(describeMedia(generated, key))?.url ?? "");
    const file = generatedFiles.at(url);
    return file && createHash("sha256").update(file.body).digest("hex");
  });
}
