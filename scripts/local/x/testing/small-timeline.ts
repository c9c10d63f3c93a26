import type { LocalX } from "../../contracts.ts";
import type { ScriptEvent } from "../script-event.ts";
import { startX, type XOptions } from "../server.ts";
import {
  createTimeline,
  type Media,
  type Post,
  type Timeline,
  type TimelineParts,
} from "../timeline.ts";
import { KEYS } from "./x-client.ts";

export const CALLBACK = "https://connector.example/Views/TwitterOAuth";

const ACCOUNT = { id: "42", name: "Small", username: "small" };
const X_EPOCH_MS = 1288834974657n;

/** A post of the small account at that time, with an id to match. */
export function postAt(time: string, members: Partial<Post> = {}): Post {
  const { id = String((BigInt(Date.parse(time)) - X_EPOCH_MS) << 22n) } = members;
  const always = { author_id: ACCOUNT.id, edit_history_tweet_ids: [id] };
  return { id, text: `At ${time}`, created_at: time, ...always, ...members };
}

/** Posts of the small account, a minute apart, the newest at 2026-01-02T00:00:00Z. */
export function manyPosts(count: number): Post[] {
  const newest = Date.parse("2026-01-02T00:00:00Z");
  return Array.from({ length: count }, (_, index) =>
    postAt(new Date(newest - index * 60_000).toISOString()),
  );
}

export function smallTimeline(
  posts: Post[],
  otherPosts: Post[] = [],
  media: Media[] = [],
  more: Pick<TimelineParts, "script" | "lostMedia"> = {},
): Timeline {
  const protectedUser = { id: "44", name: "Shy", username: "shy", protected: true };
  const other = { id: "43", name: "Other", username: "Other" };
  return createTimeline({
    accountId: ACCOUNT.id,
    posts,
    otherPosts,
    media,
    users: [ACCOUNT, other, protectedUser],
    ...more,
  });
}

type SmallParts = {
  otherPosts?: Post[];
  media?: Media[];
  late?: string[];
  script?: ScriptEvent[];
  lostMedia?: string[];
};

/** The local X with a small account; it takes searches as fast as they come, unless `options` say otherwise. */
export async function startSmallX(
  posts: Post[],
  options: Partial<XOptions> & SmallParts = {},
): Promise<LocalX> {
  const { otherPosts, media, late, script, lostMedia, ...others } = options;
  const more = { ...(script && { script }), ...(lostMedia && { lostMedia }) };
  return startX({
    timeline: { ...smallTimeline(posts, otherPosts, media, more), latePosts: new Set(late) },
    keys: KEYS,
    callbackUrl: CALLBACK,
    history: true,
    searchPauseMs: 0,
    ...others,
  });
}
