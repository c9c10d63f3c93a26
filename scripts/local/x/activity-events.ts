import { createHash } from "node:crypto";
import { renderPost } from "./render.ts";
import { profileChange } from "./script-event.ts";
import type { Stage } from "./stage.ts";
import type { EventType, Subscription } from "./subscriptions.ts";
import { type Post, type Timeline, timelineOf } from "./timeline.ts";
import { findMentions } from "./view.ts";
import { LEGACY, readSelection } from "./vocabulary.ts";

/** Something that X tells whoever has subscribed to it. */
export type ActivityEvent = { type: EventType; payload: object };

/** A stretch of X's clock: `after` is out, `until` is in. */
export type Stretch = { after: Date; until: Date };

/** Members of a user, and what X calls their change. */
const PROFILE_EVENTS: Record<string, EventType> = {
  description: "profile.update.bio",
  profile_image_url: "profile.update.profile_picture",
  profile_banner_url: "profile.update.banner_picture",
  name: "profile.update.screenname",
  username: "profile.update.handle",
  location: "profile.update.geo",
  url: "profile.update.url",
  verified_type: "profile.update.verified_badge",
};

/** Posts of the activity are told in X's old words, with all that it says of them. */
const ALL_FIELDS = readSelection(
  new URLSearchParams({ "tweet.fields": [...LEGACY.fields.keys()].join(",") }),
);

/** What happens to a user in a stretch of time, in no order; nothing that a protected account posts. */
export function eventsOf(stage: Stage, userId: string, stretch: Stretch): ActivityEvent[] {
  const [before, after] = [stage(stretch.after), stage(stretch.until)];
  const isNew = (post: Post) => isWithin(post.created_at, stretch) && !isProtected(after, post);
  return [
    ...profileEvents(stage, userId, stretch),
    ...timelineOf(after, userId)
      .posts.filter(isNew)
      .map((post) => tell("post.create", post)),
    ...findMentions(after, userId)
      .filter((post) => isNew(post) && post.author_id !== userId)
      .map((post) => tell("post.mention.create", post)),
    ...timelineOf(before, userId)
      .posts.filter((post) => !after.everyPost.has(post.id) && !isProtected(before, post))
      .map(({ id, author_id }): ActivityEvent => ({
        type: "post.delete",
        payload: { id, author_id },
      })),
  ];
}

/** The body that X brings to a webhook. Its id is a number of 64 bits, below nought for every second one. */
export function toDelivery({ type, payload }: ActivityEvent, { filter, tag }: Subscription) {
  const digest = createHash("sha256")
    .update(JSON.stringify([type, filter, payload]))
    .digest();
  return {
    data: {
      event_uuid: String(digest.readBigInt64BE()),
      filter: { user_id: filter.user_id },
      event_type: type,
      ...(tag !== undefined && { tag }),
      payload,
    },
  };
}

function profileEvents(stage: Stage, userId: string, stretch: Stretch): ActivityEvent[] {
  const { script, account } = stage(new Date(0));
  return script
    .filter(({ at }) => isWithin(at, stretch))
    .flatMap((event) => {
      const { user = account.id, set = {} } = profileChange(event) ?? {};
      const changed = user === userId ? Object.keys(set) : [];
      const [was, is] = [Date.parse(event.at) - 1, Date.parse(event.at)].map((time) =>
        stage(new Date(time)).users.get(userId),
      );
      return changed.flatMap((member): ActivityEvent[] => {
        const type = PROFILE_EVENTS[member];
        const payload = { before: was?.[member] ?? "", after: is?.[member] ?? "" };
        return type === undefined ? [] : [{ type, payload }];
      });
    });
}

function tell(type: EventType, post: Post): ActivityEvent {
  return { type, payload: renderPost(post, ALL_FIELDS) };
}

function isProtected({ users }: Timeline, { author_id: author }: Post): boolean {
  return users.get(author)?.protected === true;
}

function isWithin(time: string, { after, until }: Stretch): boolean {
  return Date.parse(time) > after.getTime() && Date.parse(time) <= until.getTime();
}
