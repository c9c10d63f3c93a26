import type { Window } from "../../portal/results.ts";
import { postAt } from "../../x/testing/small-timeline.ts";
import { createTimeline, type Timeline } from "../../x/timeline.ts";

export const ACCOUNT = { id: "42", name: "Small", username: "small" };

const POSTS_OF_AN_HOUR = 3;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const FIRST = Date.parse("2026-03-01T00:00:00Z");

/** A few posts with a picture in each of so many hours. */
export function makeTimeline(hours: number): Timeline {
  const posts = Array.from({ length: hours * POSTS_OF_AN_HOUR }, (_, index) => {
    const hour = Math.floor(index / POSTS_OF_AN_HOUR);
    const time = FIRST + hour * HOUR_MS + (index % POSTS_OF_AN_HOUR) * MINUTE_MS;
    const post = postAt(new Date(time).toISOString());
    return { ...post, attachments: { media_keys: [`3_${post.id}`] } };
  });
  const users = [{ ...ACCOUNT, public_metrics: { tweet_count: posts.length } }];
  return createTimeline({ accountId: ACCOUNT.id, users, posts });
}

/** The window of the nth hour, from 0. */
export function toWindow(hour: number): Window {
  return { start: toUtcTime(FIRST + hour * HOUR_MS), end: toUtcTime(FIRST + (hour + 1) * HOUR_MS) };
}

/** Seconds are all that X knows. */
function toUtcTime(time: number): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}
