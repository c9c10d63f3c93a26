import { generateTimeline } from "../x/generate.ts";
import { createRandom, type Random } from "../x/random.ts";
import { createTimeline, type Post, type Timeline, type User } from "../x/timeline.ts";

const X_EPOCH_MS = 1288834974657n;
const FIRST_DAY = Date.parse("2026-02-28T00:00:00Z");
const DAYS = 3;
const POSTS_OF_AN_ACCOUNT = 90;
const DAY_MS = 86_400_000;
/** Between the history and the last hour: nobody has posted on the days from here on. */
export const QUIET_DAYS = Date.parse("2026-04-01T00:00:00Z");
/** Posts of the last hour, within which the connector looks back; each third is late. */
const RECENT_POSTS = 24;
const RECENT_MS = 3_600_000;

/**
 * An X with the generated timeline and those of `more` accounts besides, the same for the same seed.
 * Each account has posts of the hour before `now`, too, of which X shows some only later.
 */
export function generateAccounts(
  seed: number,
  { more, now }: { more: number; now: Date },
): { timeline: Timeline; accounts: User[] } {
  const random = createRandom(seed);
  const base = generateTimeline(seed);
  const users = Array.from({ length: more }, (_, index) => makeUser(random, index));
  const posts = users.flatMap((user) =>
    makePosts(random, { user, count: POSTS_OF_AN_ACCOUNT, from: FIRST_DAY, ms: DAYS * DAY_MS }),
  );
  const from = now.getTime() - RECENT_MS;
  const recent = [base.account, ...users].map((user) =>
    makePosts(random, { user, count: RECENT_POSTS, from, ms: RECENT_MS }),
  );
  const account = { ...base.account, ...countOf(base.posts.length + RECENT_POSTS) };
  const timeline = createTimeline({
    accountId: base.account.id,
    posts: [...base.posts, ...(recent[0] ?? [])],
    otherPosts: [...base.everyPost.values(), ...posts, ...recent.flat()],
    users: [...base.users.values(), account, ...users],
    media: [...base.media.values()],
    polls: [...base.polls.values()],
    places: [...base.places.values()],
    lostMedia: [...base.lostMedia],
    latePosts: recent.flatMap((own) => own.filter((_, index) => index % 3 === 0)).map(idOf),
  });
  return { timeline, accounts: [timeline.account, ...users] };
}

function makeUser(random: Random, index: number): User {
  const username = `branch_${index + 1}_${random.name(4)}`;
  return {
    id: String(900_000_001 + index),
    name: `Branch ${index + 1}`,
    username,
    ...countOf(POSTS_OF_AN_ACCOUNT + RECENT_POSTS),
  };
}

/** What X says of an account's size: with fewer posts than its depth, it gives them all. */
function countOf(posts: number): { public_metrics: { tweet_count: number } } {
  return { public_metrics: { tweet_count: posts } };
}

function idOf({ id }: Post): string {
  return id;
}

type Stretch = { user: User; count: number; from: number; ms: number };

function makePosts(random: Random, { user, count, from, ms }: Stretch): Post[] {
  const times = Array.from({ length: count }, () => from + random.int(0, ms - 1)).sort(
    (a, b) => a - b,
  );
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
