import { compose, type Part } from "./compose.ts";
import { remark, sentence } from "./generate-words.ts";
import { makeLink, makeMediaKey, makeOtherPost, makePost, type World } from "./generate-world.ts";
import { profileChange, type ScriptEvent } from "./script-event.ts";
import type { Post, User } from "./timeline.ts";

/** A moment within an hour of a day; days count from 0. */
export type Moment = (day: number, hour: number) => number;

/**
 * What others write to the account and of it: mentions of every kind, and what X does not count among
 * them, with the posts that these refer to.
 */
export function generateMentions(
  world: World,
  moment: Moment,
  events: readonly ScriptEvent[],
): Post[] {
  const made = MENTIONS.map(([day, hour, make]) => {
    const time = moment(day, hour);
    const author = world.random.pick(world.others);
    return make(world, { time, author, us: accountAt(world.account, events, time) });
  });
  return [...world.otherPosts, ...made];
}

type About = { time: number; author: User; us: User };
type Mention = (world: World, about: About) => Post;

const plain: Mention = (world, { us, ...by }) =>
  makePost(world, by, {
    parts: ["Well done, ", { mention: us }, `! ${sentence(world.random)} Tea &amp; biscuits.`],
  });

const reply: Mention = (world, { us, ...by }) => {
  const answered = lastOwnPost(world, by.time);
  return makePost(world, by, {
    parts: [{ mention: us }, " When exactly?"],
    ...replyingTo(answered),
  });
};

const quoteOfOwn: Mention = (world, { us, ...by }) => {
  const quoted = lastOwnPost(world, by.time);
  const parts: Part[] = ["Good to know, ", { mention: us }, " ", linkTo(world, us, quoted)];
  return makePost(world, by, { parts, referenced_tweets: [{ type: "quoted", id: quoted.id }] });
};

const withPhoto: Mention = (world, { us, ...by }) =>
  makePost(world, by, {
    parts: [{ mention: us }, " look at this"],
    attachments: { media_keys: [makeMediaKey(world.random, 3, by.time)] },
  });

/** X names the account only where the whole text is. */
const inLongText: Mention = (world, { us, ...by }) => {
  const note = compose([`${remark(world.random)} `.repeat(9), { mention: us }]);
  const text = `${note.text.slice(0, 260)}… `;
  const parts: Part[] = [text, { links: [makeLink(world.random)] }];
  return makePost(world, by, { parts, note_tweet: note });
};

const quoteOfOther: Mention = (world, { us, ...by }) => {
  const quoted = makeOtherPost(world, by.time, { parts: [remark(world.random)] });
  const source = world.others.find(({ id }) => id === quoted.author_id) ?? us;
  const parts: Part[] = [{ mention: us }, " is this true? ", linkTo(world, source, quoted)];
  return makePost(world, by, { parts, referenced_tweets: [{ type: "quoted", id: quoted.id }] });
};

const replyToOther: Mention = (world, { us, ...by }) => {
  const asked = makeOtherPost(world, by.time, { parts: ["Who runs the ferry?"] });
  return makePost(world, by, { parts: ["Ask ", { mention: us }], ...replyingTo(asked) });
};

/** Nobody but friends of the author can read it. */
const ofProtected: Mention = (world, { us, time }) =>
  makePost(world, { author: world.recluse, time }, { parts: ["Do not tell ", { mention: us }] });

/** X does not count it among the mentions: it leaves the name out. */
const replyWithoutAt: Mention = (world, { us: _, ...by }) =>
  makePost(world, by, { parts: ["And the tugs?"], ...replyingTo(lastOwnPost(world, by.time)) });

/** X does not count a repost among the mentions, although it names the author. */
const repostOfOwn: Mention = (world, { us, ...by }) => {
  const original = lastOwnPost(world, by.time);
  return makePost(world, by, {
    parts: ["RT ", { mention: us }, `: ${original.text}`.slice(0, 120)],
    referenced_tweets: [{ type: "retweeted", id: original.id }],
  });
};

const MENTIONS: [day: number, hour: number, Mention][] = [
  [0, 9, plain],
  [0, 14, reply],
  [1, 10, quoteOfOwn],
  [1, 11, withPhoto],
  [1, 15, inLongText],
  [1, 16, reply],
  [2, 8, quoteOfOther],
  [2, 12, replyToOther],
  [2, 13, ofProtected],
  [2, 14, replyWithoutAt],
  [2, 16, repostOfOwn],
  [2, 20, plain],
];

/** The account as it is called at that time: others name it by the handle of their day. */
function accountAt(account: User, events: readonly ScriptEvent[], time: number): User {
  const names = events.flatMap((event) => {
    const username = profileChange(event)?.set["username"];
    return Date.parse(event.at) <= time && typeof username === "string" ? [username] : [];
  });
  return { ...account, username: names.at(-1) ?? account.username };
}

function lastOwnPost({ posts }: World, before: number): Post {
  const found = posts.findLast(
    ({ created_at: time, referenced_tweets: refers }) =>
      Date.parse(time) < before - MINUTE_MS && refers === undefined,
  );
  if (found === undefined) {
    throw new Error("Nobody can answer an account that has not posted yet");
  }
  return found;
}

const MINUTE_MS = 60_000;

function replyingTo({ id, author_id: author, conversation_id: conversation }: Post) {
  return {
    conversation_id: conversation ?? id,
    in_reply_to_user_id: author,
    referenced_tweets: [{ type: "replied_to" as const, id }],
  };
}

function linkTo({ random }: World, { username }: User, { id }: Post): Part {
  const page = `x.com/${username}/status/${id}`;
  return { links: [makeLink(random, { expanded_url: `https://${page}`, display_url: page })] };
}
