import { randomInt } from "node:crypto";
import { z } from "zod";

/** What anybody may see, for which the app asks by itself. */
export const PUBLIC_EVENTS = [
  "profile.update.bio",
  "profile.update.profile_picture",
  "profile.update.banner_picture",
  "profile.update.screenname",
  "profile.update.handle",
  "profile.update.geo",
  "profile.update.url",
  "profile.update.verified_badge",
  "profile.update.affiliate_badge",
  "post.create",
  "post.delete",
  "broadcast.start",
  "broadcast.end",
] as const;

/** What only a user who has signed in may see of himself. */
export const PRIVATE_EVENTS = [
  "post.mention.create",
  "post.reply.create",
  "post.quote.create",
  "post.repost.create",
  "like.create",
  "follow.follow",
  "follow.unfollow",
  "dm.sent",
  "dm.received",
  "dm.read",
  "dm.indicate_typing",
  "chat.sent",
  "chat.received",
  "chat.conversation.join",
] as const;

export type EventType = (typeof PUBLIC_EVENTS)[number] | (typeof PRIVATE_EVENTS)[number];

export const subscriptionRequest = z.strictObject({
  event_type: z.enum([...PUBLIC_EVENTS, ...PRIVATE_EVENTS]),
  filter: z.looseObject({ user_id: z.string().regex(/^\d{1,19}$/) }),
  tag: z.string().min(1).max(200).optional(),
  webhook_id: z.string().optional(),
});

export type Subscription = z.infer<typeof subscriptionRequest> & {
  subscription_id: string;
  created_at: string;
  updated_at: string;
};

/** Of an app without a contract. */
const MOST_SUBSCRIPTIONS = 1500;

export function isPublic(type: EventType): boolean {
  return PUBLIC_EVENTS.some((one) => one === type);
}

export function createSubscriptions(now: () => number) {
  const all = new Map<string, Subscription>();
  return {
    all: (): Subscription[] => [...all.values()],
    isFull: () => all.size >= MOST_SUBSCRIPTIONS,
    has: (wanted: z.infer<typeof subscriptionRequest>) =>
      [...all.values()].some((one) => keyOf(one) === keyOf(wanted)),
    add(wanted: z.infer<typeof subscriptionRequest>): Subscription {
      const time = new Date(now()).toISOString();
      const subscription_id = `114${randomInt(10 ** 12, 10 ** 13)}`;
      const made = { ...wanted, subscription_id, created_at: time, updated_at: time };
      all.set(subscription_id, made);
      return made;
    },
    remove: (id: string) => all.delete(id),
  };
}

export type Subscriptions = ReturnType<typeof createSubscriptions>;

function keyOf({ event_type: type, filter, webhook_id: webhook }: Partial<Subscription>): string {
  return JSON.stringify([type, filter, webhook]);
}
