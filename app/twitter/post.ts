import { type Cut, cutOf, noteOf } from "./cut-text.ts";
import type { Read } from "./members.ts";
import type { WireArticle, WireEntities, WirePost } from "./wire.ts";

/** X's texts of a post: `text`, the text of its note (the long one), and that of its article. */
export type TextName = "text" | "note" | "article";

/** Something that X marks in text `of`: code points of X's own string, `end` not included. */
export type Mark = { of: TextName; start?: number | undefined; end?: number | undefined };

export type Link = Mark & {
  short: string;
  expanded: string;
  display?: string | undefined;
  /** Where the address leads in the end, and the title of the page there, as X found them. */
  unwound?: string | undefined;
  title?: string | undefined;
};

export type Mention = Mark & { username: string; id?: string | undefined };

export type Tag = Mark & { kind: "hashtag" | "cashtag"; tag: string };

export type Article = {
  title?: string | undefined;
  preview?: string | undefined;
  /** The body, without what `code` has. */
  text?: string | undefined;
  code: { language?: string | undefined; text: string }[];
  /** Posts that the article shows. */
  postIds: string[];
};

/** A post as X sent it, in either vocabulary. Optional members are absent where X sent none. */
export type Post = {
  id: string;
  /** Complete text as X sends it (`&amp;`, `&lt;`, `&gt;` and t.co links still in it). */
  text: string;
  /** Which of X's texts that is. */
  textOf: "text" | "note";
  /** Whether X may have sent only the beginning of the text, and no note with the rest of it. */
  cut?: Cut | undefined;
  /** Code points of X's `text`: what of it are the author's words, without what X puts around them. */
  displayRange?: readonly [start: number, end: number] | undefined;
  /** ISO 8601, UTC, seconds: `2020-01-23T04:45:58Z`. */
  createdAt: string;
  /** `UNKNOWN_AUTHOR` where X named none that can be read; only of a post that goes along. */
  authorId: string;
  conversationId: string;
  inReplyToUserId?: string | undefined;
  references: { type: string; id: string }[];
  article?: Article | undefined;
  mediaKeys: string[];
  pollIds: string[];
  placeId?: string | undefined;
  /** Degrees. */
  coordinates?: { longitude: number; latitude: number } | undefined;
  /** All versions of an edited post, oldest first; just the post where it was not edited. */
  versions: string[];
  editControls?: WirePost["edit_controls"];
  /** Of the text that `text` is, and of the article. */
  links: Link[];
  mentions: Mention[];
  tags: Tag[];
  likes: number;
  /** Other figures that X gives, as of the moment of reading. */
  replies?: number | undefined;
  reposts?: number | undefined;
  quotes?: number | undefined;
  communityId?: string | undefined;
  paidPartnership?: boolean | undefined;
  possiblySensitive?: boolean | undefined;
  /** Who may answer: `everyone`, `mentionedUsers`, `following`, … */
  replySettings?: string | undefined;
  /** Whom the post is for, if not for all: `{ followers: true }`. */
  scopes?: WirePost["scopes"];
  /** Where X shows the post to nobody, and that it does so for a copyright claim. */
  withheld?: WirePost["withheld"];
  /** BCP 47, as X guesses it. */
  language?: string | undefined;
  /** The program that the author posted with. */
  source?: string | undefined;
  /** What X sent in a form that cannot be read, in words and by its name in X's answer, or did not send. */
  unparseable?: string[];
};

export const UNKNOWN_AUTHOR = "unknown";

/** Members that X always sends: asked for, or by themselves. */
export const EXPECTED = ["text", "created_at", "author_id"] as const;

/** Maps a post out of X's answer. */
export function toPost(wire: Read<WirePost>): Post {
  const { id, article, attachments, geo, public_metrics: metrics } = wire;
  const note = noteOf(wire);
  const marks = [
    marksOf("note", note?.entities),
    ...(note?.entities ? [] : [marksOf("text", wire.entities)]),
    articleMarks(article),
  ];
  const cut = cutOf(wire);
  const unparseable = [...(wire.unparseable ?? []).map(inWords), ...(cut ? [CUT_WORDS[cut]] : [])];
  return {
    id,
    text: note?.text ?? wire.text ?? "",
    textOf: note ? "note" : "text",
    cut,
    displayRange: wire.display_text_range,
    createdAt: toSeconds(wire.created_at ?? timeOfId(id)),
    authorId: wire.author_id ?? UNKNOWN_AUTHOR,
    conversationId: wire.conversation_id ?? id,
    inReplyToUserId: wire.in_reply_to_user_id,
    references: wire.referenced_tweets ?? wire.referenced_posts ?? [],
    article: toArticle(wire),
    mediaKeys: [
      ...new Set([
        ...(attachments?.media_keys ?? []),
        ...(article?.cover_media === undefined ? [] : [article.cover_media]),
        ...(article?.media_entities ?? []),
      ]),
    ],
    pollIds: attachments?.poll_ids ?? [],
    placeId: geo?.place_id,
    coordinates: geo?.coordinates && toPoint(geo.coordinates.coordinates),
    versions: wire.edit_history_tweet_ids ?? wire.edit_history_post_ids ?? [id],
    editControls: wire.edit_controls,
    links: marks.flatMap(({ links }) => links),
    mentions: marks.flatMap(({ mentions }) => mentions),
    tags: marks.flatMap(({ tags }) => tags),
    likes: metrics?.like_count ?? 0,
    replies: metrics?.reply_count,
    reposts: metrics?.retweet_count ?? metrics?.repost_count,
    quotes: metrics?.quote_count,
    communityId: wire.community_id,
    paidPartnership: wire.paid_partnership,
    possiblySensitive: wire.possibly_sensitive,
    replySettings: wire.reply_settings,
    scopes: wire.scopes,
    withheld: wire.withheld,
    language: wire.lang,
    source: wire.source,
    ...(unparseable.length > 0 && { unparseable }),
  };
}

export function toSeconds(time: string | number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

type Marks = { links: Link[]; mentions: Mention[]; tags: Tag[] };

function marksOf(of: TextName, entities: WireEntities = {}): Marks {
  const { urls = [], mentions = [], hashtags = [], cashtags = [] } = entities;
  return {
    links: urls.map(({ url, expanded_url, display_url, unwound_url, title, start, end }) => ({
      short: url,
      expanded: expanded_url ?? url,
      display: display_url,
      unwound: unwound_url,
      title,
      of,
      start,
      end,
    })),
    mentions: mentions.map(({ username, id, start, end }) => ({ username, id, of, start, end })),
    tags: [
      ...hashtags.map((tag) => ({ kind: "hashtag" as const, ...tag, of })),
      ...cashtags.map((tag) => ({ kind: "cashtag" as const, ...tag, of })),
    ],
  };
}

/** An article's marks have their words in `text` where they have no member of their own for them. */
function articleMarks({ entities }: WireArticle = {}): Marks {
  const { urls = [], mentions = [], hashtags = [], cashtags = [] } = entities ?? {};
  return marksOf("article", {
    urls: urls.flatMap(({ text, url = text, ...more }) => (url ? [{ ...more, url }] : [])),
    mentions: mentions.flatMap(({ text, username = text?.replace(/^@/, ""), ...more }) =>
      username ? [{ ...more, username }] : [],
    ),
    hashtags: hashtags.flatMap(({ text, tag = text?.replace(/^#/, ""), ...more }) =>
      tag ? [{ ...more, tag }] : [],
    ),
    cashtags: cashtags.flatMap(({ text, tag = text?.replace(/^\$/, ""), ...more }) =>
      tag ? [{ ...more, tag }] : [],
    ),
  });
}

function toArticle({ article, article_title: title }: WirePost): Article | undefined {
  if (!article && title === undefined) {
    return undefined;
  }
  const { code = [], tweets = [], posts = [] } = article?.entities ?? {};
  return {
    title: article?.title ?? title,
    preview: article?.preview_text,
    text: article?.plain_text,
    code: code.flatMap(({ language, code: bare, content = bare }) =>
      content === undefined ? [] : [{ language, text: bare ?? content }],
    ),
    postIds: [...new Set([...tweets, ...posts].map(({ id }) => id))],
  };
}

/** GeoJSON puts the longitude first (RFC 7946 section 3.1.1). */
function toPoint([longitude, latitude]: readonly [number, number]) {
  return { longitude, latitude };
}

const X_EPOCH_MS = 1288834974657n;

/** The time that X made an id at; of ids from before November 2010, which hold none, the latest possible. */
function timeOfId(id: string): number {
  return Number((BigInt(id) >> 22n) + X_EPOCH_MS);
}

const CUT_WORDS: Record<Cut, string> = {
  cut: "the text beyond 280 characters (X sent no note)",
  "at the limit": "whether the text goes on beyond 280 characters (X sent no note)",
};

/** What members are to people, where the name does not say it. */
const WORDS = new Map([
  ["referenced_tweets", "what it answers, quotes or reposts"],
  ["referenced_posts", "what it answers, quotes or reposts"],
  ["note_tweet", "the text beyond 280 characters"],
  ["note_post", "the text beyond 280 characters"],
  ["article", "its article"],
  ["attachments", "its media and polls"],
  ["geo", "its place"],
  ["entities", "links, people and tags in its text"],
  ["edit_history_tweet_ids", "its versions"],
  ["edit_history_post_ids", "its versions"],
]);

function inWords(path: string): string {
  const words = WORDS.get(path.split(/[.[]/, 1)[0] ?? path);
  return words === undefined ? path : `${words} (${path})`;
}
