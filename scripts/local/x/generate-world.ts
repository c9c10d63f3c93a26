import { createRandom, type Random } from "./random.ts";
import { charactersOf, compose, type Link, type Part } from "./compose.ts";
import type { Media, Place, Poll, Post, User } from "./timeline.ts";

/** What has been made so far of an invented corner of X. */
export type World = {
  random: Random;
  account: User;
  others: readonly User[];
  /** Its posts are protected: the account may not see them. */
  recluse: User;
  /** The account's posts, oldest first. */
  posts: Post[];
  otherPosts: Post[];
  media: Media[];
  polls: Poll[];
  places: Place[];
  lostMedia: string[];
};

const X_EPOCH_MS = 1288834974657n;

const NAMES = [
  ["Brindle & Oar Ferries", "BrindleOar"],
  ["Osk Lighthouse Keepers", "OskLighthouse"],
  ["Tamsin Vellacroft", "tvellacroft"],
  ["Ivo Quernmoor", "ivo_quernmoor"],
  ["مرصد نورهولم", "NorrholmObs"],
  ["Saltreef Weather 🌊", "SaltreefWx"],
  ["Pellworth Tug Company", "PellworthTugs"],
] as const;

export function createWorld(seed: number): World {
  const random = createRandom(seed);
  return {
    random,
    account: makeAccount(),
    others: NAMES.map(([name, username], index) =>
      makeUser(String(1100200300400500600n + BigInt(index * 7919)), name, username),
    ),
    recluse: { ...makeUser("90210033", "Hesper Drumlin", "hesperdrumlin"), protected: true },
    posts: [],
    otherPosts: [],
    media: [],
    polls: [],
    places: [],
    lostMedia: [],
  };
}

/** A snowflake id of that millisecond (docs/x-api.md#objects). */
export function makeId(random: Random, time: number): string {
  return String(((BigInt(time) - X_EPOCH_MS) << 22n) + BigInt(random.int(0, 2 ** 22 - 1)));
}

/** A post with all that every post has; `members` are what makes it special. */
export function makePost(
  world: World,
  by: { author: User; time: number; id?: string },
  members: Partial<Post> & { parts: readonly Part[] },
): Post {
  const { parts, ...special } = members;
  const id = by.id ?? makeId(world.random, by.time);
  const second = Math.floor(by.time / 1000) * 1000;
  return {
    id,
    author_id: by.author.id,
    created_at: new Date(second).toISOString(),
    conversation_id: id,
    edit_history_tweet_ids: [id],
    edit_controls: {
      edits_remaining: 5,
      is_edit_eligible: special.referenced_tweets === undefined,
      editable_until: new Date(second + 3_600_000).toISOString(),
    },
    lang: "en",
    possibly_sensitive: false,
    reply_settings: "everyone",
    public_metrics: makeMetrics(world.random),
    ...compose(parts),
    display_text_range: [0, charactersOf(shownText(parts)).length],
    ...special,
  };
}

/** What X shows of a text: the link that only stands for media is after that. */
function shownText(parts: readonly Part[]): string {
  const last = parts.at(-1);
  const isForMedia =
    typeof last === "object" &&
    "links" in last &&
    last.links.every((link) => link.display_url.startsWith("pic."));
  return compose(isForMedia ? parts.slice(0, -1) : parts).text.trimEnd();
}

/** A post of somebody else, some time before. */
export function makeOtherPost(
  world: World,
  before: number,
  members: Partial<Post> & { parts: readonly Part[]; author?: User },
): Post {
  const { author = world.random.pick(world.others), ...others } = members;
  const time = before - world.random.int(60, 200_000) * 1000;
  const post = makePost(world, { author, time }, others);
  world.otherPosts.push(post);
  return post;
}

export function makeLink(random: Random, members: Partial<Link> = {}): Link {
  const page = `norrholm.example/notices/${random.int(1000, 9999)}`;
  return {
    url: `https://t.co/${random.name(10)}`,
    expanded_url: `https://${page}?ref=x&lang=en`,
    display_url: page,
    ...members,
  };
}

export function makeMediaKey(random: Random, prefix: 3 | 7 | 13 | 16, time: number): string {
  return `${prefix}_${makeId(random, time - random.int(1000, 30_000))}`;
}

function makeAccount(): User {
  const website = "https://t.co/norrholm01";
  const expanded = "https://www.norrholm.example/port?from=x";
  return {
    ...makeUser("4418820117", "Port of Norrholm", "PortNorrholm"),
    location: "Norrholm, North Quay",
    url: website,
    entities: { url: { urls: [{ start: 0, end: 23, url: website, expanded_url: expanded }] } },
    profile_banner_url: "https://pbs.twimg.com/profile_banners/4418820117/1700000001",
  };
}

function makeUser(id: string, name: string, username: string): User {
  return {
    id,
    name,
    username,
    created_at: "2019-05-14T08:30:00.000Z",
    description: `${name}: an invented account.`,
    profile_image_url: `https://pbs.twimg.com/profile_images/${id}/${username}_normal.jpg`,
    protected: false,
    public_metrics: {
      followers_count: 1200,
      following_count: 80,
      tweet_count: 5400,
      listed_count: 9,
    },
    url: "",
    verified: false,
    verified_type: "none",
  };
}

function makeMetrics(random: Random) {
  return {
    retweet_count: random.int(0, 40),
    reply_count: random.int(0, 12),
    like_count: random.int(0, 300),
    quote_count: random.int(0, 5),
    bookmark_count: random.int(0, 9),
    impression_count: random.int(100, 90_000),
  };
}
