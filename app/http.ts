import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** A query parameter under any spelling of its name: the platform's host does not mind the case. */
export function queryParam(c: Context, name: string): string | undefined {
  const found = Object.entries(c.req.query()).find(
    ([key]) => key.toLowerCase() === name.toLowerCase(),
  );
  return found?.[1];
}

/** An answer for programs: RFC 9457. */
export function problem(
  c: Context,
  status: ContentfulStatusCode,
  { title, detail }: { title: string; detail?: string },
): Response {
  return c.json({ title, status, ...(detail !== undefined && { detail }) }, status, {
    "content-type": "application/problem+json",
  });
}
