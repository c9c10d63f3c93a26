import { charactersOf, type Part } from "./compose.ts";
import { forgedRecord, makeLongPost, own, type Shape } from "./generate-text.ts";
import { remark } from "./generate-words.ts";
import { makeLink, makeOtherPost, type World } from "./generate-world.ts";
import type { Post, User } from "./timeline.ts";

/** Posts that refer to other posts. */
export const REFERENCE_SHAPES: Record<string, Shape> = {
  threadReply: (world, at) => {
    const before = world.posts.at(-1);
    return before === undefined ? own(world, at, ["1/"]) : replyTo(world, at, before);
  },

  threadBranch: (world, at) => {
    const before = world.posts.at(-world.random.int(2, 9));
    return before === undefined ? own(world, at, ["1/"]) : replyTo(world, at, before);
  },

  replyToOther: (world, at) =>
    replyTo(world, at, makeOtherPost(world, at.time, { parts: [`${remark(world.random)} Why?`] })),

  replyInOtherThread: (world, at) => {
    const root = makeOtherPost(world, at.time - 300_000_000, { parts: [remark(world.random)] });
    const middle = makeOtherPost(world, at.time, {
      parts: ["I saw that too."],
      conversation_id: root.id,
      in_reply_to_user_id: root.author_id,
      referenced_tweets: [{ type: "replied_to", id: root.id }],
    });
    return replyTo(world, at, middle);
  },

  replyToProtected: (world, at) => {
    const author = world.recluse;
    const target = makeOtherPost(world, at.time, { parts: ["Only for friends."], author });
    return replyTo(world, at, target);
  },

  quoteDeleted: (world, at) => {
    const deleted = makeOtherPost(world, at.time, { parts: ["This will be deleted."] });
    world.otherPosts = world.otherPosts.filter((post) => post !== deleted);
    return quote(world, at, deleted);
  },

  quote: (world, at) =>
    quote(world, at, makeOtherPost(world, at.time, { parts: [remark(world.random)] })),

  quoteForged: (world, at) =>
    quote(world, at, makeOtherPost(world, at.time, { parts: [forgedRecord(world)] })),

  quoteOwn: (world, at) => quote(world, at, world.posts[0] ?? own(world, at, ["none"])),

  quoteInReply: (world, at) => {
    const quoted = makeOtherPost(world, at.time, { parts: [remark(world.random)] });
    const asked = makeOtherPost(world, at.time, { parts: ["Any source for this?"] });
    const reply = replyTo(world, at, asked);
    const both = [...(reply.referenced_tweets ?? []), { type: "quoted" as const, id: quoted.id }];
    return { ...quote(world, at, quoted), ...pickReply(reply), referenced_tweets: both };
  },

  repost: (world, at) =>
    repost(
      world,
      at,
      makeOtherPost(world, at.time, {
        parts: [
          remark(world.random),
          " &amp; ",
          remark(world.random),
          " ",
          { links: [makeLink(world.random)] },
        ],
      }),
    ),

  repostOfLong: (world, at) => {
    const author = world.random.pick(world.others);
    const original = makeLongPost(world, author, { time: at.time - 7_200_000 });
    world.otherPosts.push(original);
    return repost(world, at, original);
  },

  /** X cuts it within a handle, and takes the rest for that of somebody else. */
  repostCutInHandle: (world, at) => {
    const [author = world.account, named = world.account] = world.random.shuffle(world.others);
    const room = 140 - charactersOf(`RT @${author.username}: `).length;
    const words = `${remark(world.random)} `.repeat(4).slice(0, room - 6);
    const parts = [words, { mention: named }, " and ", { mention: world.account }];
    return repost(world, at, makeOtherPost(world, at.time, { parts, author }));
  },

  repostOfOwn: (world, at) => repost(world, at, world.posts[0] ?? own(world, at, ["none"])),

  repostOfQuote: (world, at) => {
    const inner = makeOtherPost(world, at.time - 300_000_000, { parts: [remark(world.random)] });
    const link = statusLink(world, inner);
    const outer = makeOtherPost(world, at.time, {
      parts: ["Worth reading: ", { links: [link] }],
      referenced_tweets: [{ type: "quoted", id: inner.id }],
    });
    return repost(world, at, outer);
  },
};

type At = { time: number; id: string };

export function quote(world: World, at: At, quoted: Post): Post {
  const parts = ["Our answer: ", { links: [statusLink(world, quoted)] }];
  return { ...own(world, at, parts), referenced_tweets: [{ type: "quoted", id: quoted.id }] };
}

/** A repost's text is cut to 140 characters with an ellipsis (docs/x-api.md#expansions). */
export function repost(world: World, at: At, original: Post): Post {
  const author = authorOf(world, original);
  const whole = charactersOf(`: ${original.text}`);
  const room = 140 - charactersOf(`RT @${author.username}`).length;
  const cutAt = whole.length > room ? room - 1 : whole.length;
  const rest = `${whole.slice(0, cutAt).join("")}${cutAt < whole.length ? "…" : ""}`;
  const post = own(world, at, ["RT ", { mention: author }, rest]);
  const before = charactersOf(`RT @${author.username}`).length;
  return {
    ...post,
    entities: {
      ...post.entities,
      mentions: [
        ...(post.entities?.mentions ?? []),
        ...mentionsUpTo(original, cutAt - 2).map(({ start, ...mention }) => ({
          ...mention,
          start: before + 2 + start,
          end: before + 2 + start + 1 + mention.username.length,
        })),
      ],
    },
    referenced_tweets: [{ type: "retweeted", id: original.id }],
  };
}

/** Mentions within the beginning of a post; one that is cut is a handle without an account. */
function mentionsUpTo({ entities }: Post, end: number) {
  return (entities?.mentions ?? []).flatMap(({ id, username, start }) => {
    const first = Number(start);
    const seen = username.slice(0, Math.max(0, end - first - 1));
    return seen === "" ? [] : [{ username: seen, start: first, ...(seen === username && { id }) }];
  });
}

function replyTo(world: World, at: At, target: Post): Post {
  const author = authorOf(world, target);
  const isOwn = author.id === world.account.id;
  const parts: Part[] = isOwn ? [] : [{ mention: author }, " "];
  return {
    ...own(world, at, [...parts, remark(world.random)]),
    conversation_id: target.conversation_id,
    in_reply_to_user_id: author.id,
    referenced_tweets: [{ type: "replied_to", id: target.id }],
  };
}

function pickReply({ conversation_id, in_reply_to_user_id }: Post) {
  return { conversation_id, in_reply_to_user_id };
}

function statusLink(world: World, post: Post) {
  const { username } = authorOf(world, post);
  const address = `x.com/${username}/status/${post.id}`;
  return makeLink(world.random, { expanded_url: `https://${address}`, display_url: address });
}

function authorOf(world: World, post: Post): User {
  const known = [world.account, world.recluse, ...world.others];
  return known.find((user) => user.id === post.author_id) ?? world.account;
}
