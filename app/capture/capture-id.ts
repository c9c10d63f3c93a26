import type { Interval } from "./interval.ts";

/**
 * The folder of a capture, under the day that it begins on: what lies side by side on one day can be
 * told of as one. The same question always has the same folder, so that it can be gone on with.
 */
export function captureIdOf({ start, end }: Interval, kind?: "depth"): string {
  const asked = [start, end].map((instant) => instant.replaceAll(":", "").replace("Z", ""));
  return `${start.slice(0, 10)}/${asked.join("--")}${kind ? `-${kind}` : ""}`;
}

/** The folder of all captures of a capture's day. */
export function dayOf(captureId: string): string {
  return captureId.replace(/\/.*$/, "");
}
