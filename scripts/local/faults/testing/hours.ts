import type { Window } from "../../portal/results.ts";
import { postAt } from "../../x/testing/small-timeline.ts";
import { createTimeline, type Post, type Timeline } from "../../x/timeline.ts";

export const ACCOUNT = { id: "42", name: "Small", username: "small" };

const POSTS_OF_AN_HOUR = 4;
const MORE_THAN_A_PAGE = 120;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const EDITED_AFTER_MS = 30_000;
const FIRST = Date.parse("2026-03-01T00:00:00Z");

/**
 * A few posts in each of so many hours: with a picture, edited, long, and a repost of what quotes another,
 * of which X hands out the quoted post by its id only. One hour is busy: it has more than a page.
 */
export function makeTimeline(hours: number, busyHour: number): Timeline {
  const usual = Array.from({ length: hours * POSTS_OF_AN_HOUR }, (_, index) => {
    const hour = Math.floor(index / POSTS_OF_AN_HOUR);
    const time = FIRST + hour * HOUR_MS + (index % POSTS_OF_AN_HOUR) * MINUTE_MS;
    const post = postAt(new Date(time).toISOString());
    switch (index % POSTS_OF_AN_HOUR) {
      case 0:
        return { ...post, attachments: { media_keys: [`3_${post.id}`] } };
      case 1:
        return { ...post, edit_history_tweet_ids: [firstVersion(post).id, post.id] };
      case 2:
        return { ...post, ...long(post.id) };
      default:
        return {
          ...post,
          text: `RT @user_43: ${QUOTING.text}`,
          referenced_tweets: [{ type: "retweeted" as const, id: QUOTING.id }],
        };
    }
  });
  const versions = usual.flatMap((post, index) =>
    index % POSTS_OF_AN_HOUR === 1 ? [firstVersion(post)] : [],
  );
  const begin = FIRST + busyHour * HOUR_MS + POSTS_OF_AN_HOUR * MINUTE_MS;
  const more = Array.from({ length: MORE_THAN_A_PAGE }, (_, index) =>
    postAt(new Date(begin + index * 10_000).toISOString()),
  );
  const posts = [...usual, ...more];
  const users = [{ ...ACCOUNT, public_metrics: { tweet_count: posts.length } }];
  const otherPosts = [...versions, QUOTING, QUOTED];
  return createTimeline({ accountId: ACCOUNT.id, users, posts, otherPosts });
}

const QUOTED = postAt("2026-01-01T00:00:00.000Z", { author_id: "43", text: "What is quoted" });
const QUOTING = postAt("2026-01-01T00:01:00.000Z", {
  author_id: "43",
  text: "What quotes",
  referenced_tweets: [{ type: "quoted", id: QUOTED.id }],
});

/** The text of a long post as X cuts it, and the whole. */
function long(id: string) {
  const whole = `${"A long text of many words. ".repeat(20)}Its end.`;
  const text = `${whole.slice(0, 250)}… https://t.co/long`;
  const [start, end] = [text.indexOf("https"), text.length];
  const link = { start, end, url: "https://t.co/long" };
  return {
    text,
    entities: { urls: [{ ...link, expanded_url: `https://x.com/i/web/status/${id}` }] },
    note_tweet: { text: whole },
  };
}

/** As a post was before it was edited, half a minute later. */
function firstVersion({ created_at: edited }: Pick<Post, "created_at">): Post {
  const time = new Date(Date.parse(edited) - EDITED_AFTER_MS).toISOString();
  const version = postAt(time, { text: `At ${time}, before it was edited` });
  return { ...version, edit_history_tweet_ids: [version.id, postAt(edited).id] };
}

/** The window of the nth hour, from 0. */
export function toWindow(hour: number): Window {
  return { start: toUtcTime(FIRST + hour * HOUR_MS), end: toUtcTime(FIRST + (hour + 1) * HOUR_MS) };
}

/** Seconds are all that X knows. */
function toUtcTime(time: number): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}
