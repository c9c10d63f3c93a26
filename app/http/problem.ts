import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/**
 * A query parameter under any spelling of its name: the platform's host does not mind the case.
 * @throws HTTPException where it is there twice: two readers might take two different ones.
 */
export function queryParam(c: Context, name: string): string | undefined {
  const [found, ...others] = [...new URL(c.req.url).searchParams].filter(
    ([key]) => key.toLowerCase() === name.toLowerCase(),
  );
  if (others.length > 0) {
    throw badRequest(`${name} is given more than once`);
  }
  return found?.[1];
}

export function badRequest(detail: string): HTTPException {
  return new HTTPException(400, { message: detail });
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
