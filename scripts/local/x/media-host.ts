import { Hono } from "hono";
import type { MediaFile, MediaFiles } from "./media-files.ts";

/** Answers as pbs.twimg.com and video.twimg.com; public, so nothing needs to be signed. */
export function createMediaHost(files: MediaFiles): Hono {
  const app = new Hono();
  app.get("*", (c) => {
    const url = new URL(c.req.url);
    const host = c.req.header("host")?.replace(/:\d+$/, "") ?? "";
    const file = files.at(new URL(`https://${host}${url.pathname}${url.search}`));
    return file === undefined ? c.body(null, 404) : answer(file, c.req.header("range"));
  });
  return app;
}

function answer({ contentType, body }: MediaFile, range: string | undefined): Response {
  const headers = { "content-type": contentType, "accept-ranges": "bytes" };
  const part = range === undefined ? undefined : readRange(range, body.length);
  if (part === undefined) {
    return new Response(new Uint8Array(body), {
      headers: { ...headers, "content-length": String(body.length) },
    });
  }
  if (part.start > part.end) {
    return new Response(null, {
      status: 416,
      headers: { "content-range": `bytes */${body.length}` },
    });
  }
  return new Response(new Uint8Array(body.subarray(part.start, part.end + 1)), {
    status: 206,
    headers: {
      ...headers,
      "content-length": String(part.end + 1 - part.start),
      "content-range": `bytes ${part.start}-${part.end}/${body.length}`,
    },
  });
}

/** One `bytes=first-last` range (RFC 9110 section 14.1.2); other forms are ignored, as a server may. */
function readRange(range: string, length: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(range);
  if (match === null) {
    return undefined;
  }
  const end = match[2] === "" ? length - 1 : Math.min(Number(match[2]), length - 1);
  return { start: Number(match[1]), end };
}
