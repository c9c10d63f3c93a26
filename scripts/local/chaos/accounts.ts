import { generateTimeline } from "../x/generate.ts";
import { createRandom, type Random } from "../x/random.ts";
import { createTimeline, type Post, type Timeline, type User } from "../x/timeline.ts";

const X_EPOCH_MS = 1288834974657n;
const FIRST_DAY = Date.parse("2026-02-28T00:00:00Z");
const DAYS = 3;
const POSTS_OF_AN_ACCOUNT = 90;
const DAY_MS = 86_400_000;

/** An X with the generated timeline and those of `more` accounts besides, the same for the same seed. */
export function generateAccounts(
  seed: number,
  more: number,
): { timeline: Timeline; accounts: User[] } {
  const random = createRandom(seed);
  const base = generateTimeline(seed);
  const users = Array.from({ length: more }, (_, index) => makeUser(random, index));
  const posts = users.flatMap((user) => makePosts(random, user));
  const timeline = createTimeline({
    accountId: base.account.id,
    posts: [...base.posts],
    otherPosts: [...base.everyPost.values(), ...posts],
    users: [...base.users.values(), { ...base.account, ...countOf(base.posts.length) }, ...users],
    media: [...base.media.values()],
    polls: [...base.polls.values()],
    places: [...base.places.values()],
    lostMedia: [...base.lostMedia],
  });
  return { timeline, accounts: [timeline.account, ...users] };
}

function makeUser(random: Random, index: number): User {
  const username = `branch_${index + 1}_${random.name(4)}`;
  return {
    id: String(900_000_001 + index),
    name: `Branch ${index + 1}`,
    username,
    ...countOf(POSTS_OF_AN_ACCOUNT),
  };
}

/** What X says of an account's size: with fewer posts than its depth, it gives them all. */
function countOf(posts: number): { public_metrics: { tweet_count: number } } {
  return { public_metrics: { tweet_count: posts } };
}

function makePosts(random: Random, user: User): Post[] {
  const times = Array.from(
    { length: POSTS_OF_AN_ACCOUNT },
    () => FIRST_DAY + random.int(0, DAYS * DAY_MS - 1),
  ).sort((a, b) => a - b);
  return times.map((time, index) => makePost(random, { user, time, index }));
}

function makePost(
  random: Random,
  { user, time, index }: { user: User; time: number; index: number },
): Post {
  const id = String(
    ((BigInt(time) - X_EPOCH_MS) << 22n) + BigInt(user.id.slice(-2)) * 4096n + BigInt(index),
  );
  return {
    id,
    text: `Post ${index + 1} of ${user.name}: ${random.name(12)}`,
    created_at: new Date(time).toISOString(),
    author_id: user.id,
    conversation_id: id,
    edit_history_tweet_ids: [id],
    public_metrics: { like_count: index, reply_count: 0, retweet_count: 0, quote_count: 0 },
    ...(index % 9 === 0 && { attachments: { media_keys: [`3_${id}`] } }),
  };
}
