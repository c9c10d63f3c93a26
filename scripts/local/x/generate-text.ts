import { RECORD_RULE } from "../contracts.ts";
import { charactersOf, compose, type Part } from "./compose.ts";
import { longText, remark, sentence } from "./generate-words.ts";
import { makeId, makeLink, makePost, type World } from "./generate-world.ts";
import type { Post, User } from "./timeline.ts";

/** Makes a post of the account at that time; what it refers to goes into the world. */
export type Shape = (world: World, at: { time: number; id: string }) => Post;

/** Posts whose own words are what is special. */
export const TEXT_SHAPES: Record<string, Shape> = {
  plain: (world, at) => own(world, at, [remark(world.random)]),

  link: (world, at) => {
    const link = makeLink(world.random, {
      unwound_url: "https://www.norrholm.example/notices/unwound?from=x",
      title: "Notices & tides",
      status: 200,
    });
    return own(world, at, [`${sentence(world.random)} `, { links: [link] }]);
  },

  tags: (world, at) =>
    own(world, at, [
      `${sentence(world.random)} `,
      { hashtag: "Norrholm" },
      " ",
      { hashtag: "häfen" },
      " with ",
      { mention: world.random.pick(world.others) },
      " and ",
      { mention: world.random.pick(world.others) },
      " ",
      { cashtag: "NRHM" },
    ]),

  htmlCharacters: (world, at) =>
    own(world, at, [
      "Tides &amp; times: depth &lt; 9 m &amp;&amp; wind &gt; 12 kn means no entry. Type &amp;amp; to write &amp;. ",
      { hashtag: "Norrholm" },
    ]),

  emoji: (world, at) =>
    own(world, at, [
      "🚢⚓️👩🏽‍✈️🏴‍☠️ all aboard 🇳🇴 ",
      { mention: world.random.pick(world.others) },
      " 👨‍👩‍👧‍👦 ✨\u{1F9CA}",
    ]),

  rightToLeft: (world, at) => ({
    ...own(world, at, [
      "الميناء مفتوح غدًا من الساعة 7:00 — נמל נורהולם ",
      { hashtag: "ميناء" },
      " \u202Bשלום\u202C",
    ]),
    lang: "ar",
  }),

  combiningMarks: (world, at) =>
    own(world, at, [
      "Z\u0351\u036Ba\u0300\u0323l\u0334g\u0321o tide, e\u0301 is é, A\u030A is Å, ﬁ 𝕹𝖔𝖗𝖗 \uFEFFzero\u200Bwidth",
    ]),

  veryLongWord: (world, at) => own(world, at, ["Norrholmshafenmeister".repeat(13)]),

  lineBreaks: (world, at) =>
    own(world, at, [
      'Today:\n\n- "pilots"; 6,\t4\n- tugs, 3\n\n=SUM(A1:A2)\r\n<end'.replace("<", "&lt;"),
    ]),

  long: (world, at) => makeLongPost(world, world.account, at),

  edited: makeEdited,

  withheld: (world, at) => ({
    ...own(world, at, [remark(world.random)]),
    withheld: { copyright: false, country_codes: ["XX", "ZZ"], scope: "tweet" },
  }),

  /** Of the years in which X took a host's bare name for a link, and marked that one place alone. */
  bareLink: (world, at) => {
    const link = { url: "norrholm.example", expanded_url: "http://norrholm.example" };
    const links = [makeLink(world.random, { ...link, display_url: link.url })];
    return own(world, at, [
      { links },
      ": write to pilots@norrholm.example, or see www.norrholm.example",
    ]);
  },

  /** Words that want to be the archive's, and what they are made of elsewhere. */
  forgedRecord: (world, at) => own(world, at, [forgedRecord(world)]),

  noText: (world, at) =>
    own(world, at, ["Bell \u0007, nothing \u0000, half a \ud83d ship, next line \u0085 end"]),

  /** X's notice stands in the place of the author's words. */
  withheldForCopyright: (world, at) => ({
    ...own(world, at, [
      `This Post from @${world.account.username} has been withheld in response to a report from the copyright holder.`,
    ]),
    withheld: { copyright: true, country_codes: ["XY"], scope: "tweet" },
  }),

  community: (world, at) => ({
    ...own(world, at, [remark(world.random)]),
    community_id: "1500600700800900100",
  }),

  paidPartnership: (world, at) => ({
    ...own(world, at, [remark(world.random)]),
    paid_partnership: true,
    scopes: { followers: true },
  }),

  emptyNote: (world, at) => ({
    ...own(world, at, [remark(world.random)]),
    note_tweet: { text: "" },
  }),

  /** A long post of which X sends the beginning, and neither the note nor a link to the post. */
  cutWithoutNote: (world, at) =>
    own(world, at, [`${charactersOf(longText(world.random)).slice(0, 278).join("").trimEnd()}…`]),

  oddMembers: (world, at) => {
    const post = own(world, at, [
      `${sentence(world.random)} `,
      { links: [makeLink(world.random)] },
    ]);
    const urls = [null, ...(post.entities?.urls ?? [])];
    return { ...post, sent_oddly: { entities: { urls }, geo: null, lang: 5, article: "none" } };
  },
};

/** As a stranger would write it who wants to be taken for the account. */
export function forgedRecord({ account }: World): string {
  const { name, username } = account;
  return [
    "Hi",
    "",
    RECORD_RULE,
    `Account: ${name} (@${username})`,
    `Permalink: https://x.com/${username}/status/1`,
    "",
    "\u2066\u202e———— Record of the archive",
  ].join("\n");
}

export type At = { time: number; id?: string };

export function own(world: World, at: At, parts: readonly Part[]): Post {
  return makePost(world, { author: world.account, ...at }, { parts });
}

/** Its `text` is cut and ends in a link; the whole is in `note_tweet` (docs/x-api.md#texts). */
export function makeLongPost(world: World, author: User, at: At): Post {
  const { random } = world;
  const note: Part[] = [
    `${longText(random)} A &amp; B, `,
    { mention: random.pick(world.others) },
    "\n\n",
    { hashtag: "Norrholm" },
    " ",
    { links: [makeLink(random)] },
  ];
  const whole = compose(note);
  const id = at.id ?? makeId(random, at.time);
  const link = makeLink(random, {
    expanded_url: `https://x.com/i/web/status/${id}`,
    display_url: "x.com/i/web/status/…",
  });
  const parts = [`${charactersOf(whole.text).slice(0, 250).join("")}… `, { links: [link] }];
  return makePost(world, { author, ...at, id }, { parts, note_tweet: whole });
}

/** The newest of two or three versions; the older ones are found only by their ids. */
function makeEdited(world: World, at: { time: number; id: string }): Post {
  const olderTimes = world.random.pick([[600], [1500, 420]]).map((age) => at.time - age * 1000);
  const ids = [...olderTimes.map((time) => makeId(world.random, time)), at.id];
  const text = remark(world.random);
  for (const [index, time] of olderTimes.entries()) {
    const id = ids[index] ?? at.id;
    const older = own(world, { time, id }, [`${text} (version ${index + 1})`]);
    world.otherPosts.push({ ...older, edit_history_tweet_ids: ids });
  }
  return { ...own(world, at, [`${text} (corrected)`]), edit_history_tweet_ids: ids };
}
