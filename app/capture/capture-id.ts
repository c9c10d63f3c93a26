import type { Interval } from "../time/intervals.ts";

/**
 * The folder of a capture, under the day that it begins on: what lies side by side on one day can be
 * told of as one. The same question always has the same folder, so that it can be gone on with.
 */
export function captureIdOf(
  { start, end }: Interval,
  kind?: "search" | `${"search" | "again"}${number}`,
): string {
  const asked = [start, end].map((instant) => instant.replaceAll(":", "").replace("Z", ""));
  return `${start.slice(0, 10)}/${asked.join("--")}${kind ? `-${kind}` : ""}`;
}

/** The interval that a capture was made for, by the name of one of its blobs. */
export function intervalOf(name: string): Interval | undefined {
  const [start, end] = /\/([\dT-]{17})--([\dT-]{17})(?:-\w+)?\//.exec(name)?.slice(1) ?? [];
  return start !== undefined && end !== undefined
    ? { start: toInstant(start), end: toInstant(end) }
    : undefined;
}

/** The folder of all captures of a capture's day. */
export function dayOf(captureId: string): string {
  return captureId.replace(/\/.*$/, "");
}

/** `2026-01-01T120000` */
function toInstant(compact: string): string {
  return `${compact.replace(/(\d\d)(\d\d)(\d\d)$/, "$1:$2:$3")}Z`;
}
