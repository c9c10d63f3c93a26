import { describeMedia } from "./media-objects.ts";
import { notAuthorized, notFound, type Missing, type PartialError } from "./problems.ts";
import { renderMedia, renderPlace, renderPoll, renderPost, renderUser } from "./render.ts";
import type { Entities, Post, User } from "./timeline.ts";
import { findPost, findUserByName, type View } from "./view.ts";
import type { Selection } from "./vocabulary.ts";

type Rendered = Record<string, unknown>;

/** Objects that a page's posts refer to, each once, and an error for each that X does not show. */
export type Expanded = { includes: Record<string, Rendered[]>; errors: PartialError[] };

export function expand(view: View, posts: readonly Post[], selection: Selection): Expanded {
  const page = new Page(view, selection);
  for (const expansion of selection.expansions) {
    const add = EXPANSIONS[expansion];
    for (const post of add === undefined ? [] : posts) {
      add?.(page, post, selection.vocabulary.spelling.get(expansion) ?? expansion);
    }
  }
  return page.finish();
}

/** Posts that users refer to. */
export function expandUsers(view: View, users: readonly User[], selection: Selection): Expanded {
  const page = new Page(view, selection);
  for (const name of ["pinned_tweet_id", "most_recent_tweet_id"] as const) {
    if (selection.expansions.has(name)) {
      const parameter = selection.vocabulary.spelling.get(name) ?? name;
      users.forEach(({ [name]: id }) => each(id, (postId) => page.addPost(postId, parameter)));
    }
  }
  return page.finish();
}

type Expansion = (page: Page, post: Post, parameter: string) => void;

/**
 * One level only: what an expanded post refers to needs a request of its own
 * (docs/x-api.md#expansions).
 */
const EXPANSIONS: Record<string, Expansion> = {
  author_id: (page, post, parameter) => page.addUser(post.author_id, parameter),
  in_reply_to_user_id: (page, post, parameter) =>
    each(post.in_reply_to_user_id, (id) => page.addUser(id, parameter)),
  "entities.mentions.username": (page, post, parameter) =>
    page.addMentioned(post.entities, parameter),
  "entities.note.mentions.username": (page, post, parameter) =>
    page.addMentioned(post.note_tweet?.entities, parameter),
  "referenced_tweets.id": (page, post, parameter) =>
    each(referencedIds(post), (id) => page.addPost(id, parameter)),
  "referenced_tweets.id.author_id": (page, post, parameter) =>
    each(referencedIds(post), (id) => {
      each(page.shown(id)?.author_id, (author) => page.addUser(author, parameter));
    }),
  "referenced_tweets.id.attachments.media_keys": (page, post) =>
    each(referencedIds(post), (id) => {
      each(page.shown(id)?.attachments?.media_keys, (key) => page.addMedia(key));
    }),
  edit_history_tweet_ids: (page, post, parameter) =>
    each(
      post.edit_history_tweet_ids?.filter((id) => id !== post.id),
      (id) => page.addPost(id, parameter),
    ),
  "attachments.media_keys": (page, post) =>
    each(post.attachments?.media_keys, (key) => page.addMedia(key)),
  "attachments.media_source_tweet": (page, post, parameter) =>
    each(post.attachments?.media_source_tweet_id, (id) => page.addPost(id, parameter)),
  "attachments.poll_ids": (page, post, parameter) =>
    each(post.attachments?.poll_ids, (id) => page.addPoll(id, parameter)),
  "geo.place_id": (page, post, parameter) =>
    each(post.geo?.place_id, (id) => page.addPlace(id, parameter)),
  "article.cover_media": (page, post) =>
    each(post.article?.cover_media, (key) => page.addMedia(key)),
  "article.media_entities": (page, post) =>
    each(post.article?.media_entities, (key) => page.addMedia(key)),
};

class Page {
  readonly #view: View;
  readonly #selection: Selection;
  readonly #posts = new Map<string, Rendered>();
  readonly #others = { users: kind(), media: kind(), polls: kind(), places: kind() };
  readonly #errors = new Map<string, PartialError>();

  constructor(view: View, selection: Selection) {
    this.#view = view;
    this.#selection = selection;
  }

  addUser(id: string, parameter: string): void {
    const missing = { type: "user", parameter, value: id };
    this.#addUser(this.#view.timeline.users.get(id), missing);
  }

  /** By id where X has it: a handle may be another one by now. */
  addMentioned(entities: Entities | undefined, parameter: string): void {
    for (const { id, username } of entities?.mentions ?? []) {
      const { timeline } = this.#view;
      const missing = { type: "user", parameter, value: username };
      const user = id === undefined ? undefined : timeline.users.get(id);
      this.#addUser(user ?? findUserByName(timeline, username), missing);
    }
  }

  addPost(id: string, parameter: string): void {
    const found = findPost(this.#view, id);
    const missing = { type: this.#selection.vocabulary.resource, parameter, value: id };
    if (found.state === "shown") {
      this.#posts.set(id, renderPost(found.post, this.#selection));
    } else {
      this.#addError(found.state === "not-found" ? notFound(missing) : notAuthorized(missing));
    }
  }

  addMedia(key: string): void {
    const media = describeMedia(this.#view.timeline, key);
    this.#others.media.set(key, renderMedia(media, this.#selection));
  }

  addPoll(id: string, parameter: string): void {
    const poll = this.#view.timeline.polls.get(id);
    if (poll === undefined) {
      this.#addError(notFound({ type: "poll", parameter, value: id }));
    } else {
      this.#others.polls.set(id, renderPoll(poll, this.#selection));
    }
  }

  addPlace(id: string, parameter: string): void {
    const place = this.#view.timeline.places.get(id);
    if (place === undefined) {
      this.#addError(notFound({ type: "place", parameter, value: id }));
    } else {
      this.#others.places.set(id, renderPlace(place, this.#selection));
    }
  }

  shown(id: string): Post | undefined {
    const found = findPost(this.#view, id);
    return found.state === "shown" ? found.post : undefined;
  }

  finish(): Expanded {
    const { includes: name } = this.#selection.vocabulary;
    const includes = Object.entries({ [name]: this.#posts, ...this.#others })
      .filter(([, objects]) => objects.size > 0)
      .map(([key, objects]): [string, Rendered[]] => [key, [...objects.values()]]);
    return { includes: Object.fromEntries(includes), errors: [...this.#errors.values()] };
  }

  #addUser(user: User | undefined, missing: Missing): void {
    if (user === undefined) {
      this.#addError(notFound(missing));
    } else {
      this.#others.users.set(user.id, renderUser(user, this.#selection));
    }
  }

  #addError(error: PartialError): void {
    this.#errors.set(`${error.parameter} ${error.value}`, error);
  }
}

function kind(): Map<string, Rendered> {
  return new Map();
}

function referencedIds(post: Post): string[] {
  return (post.referenced_tweets ?? []).map((reference) => reference.id);
}

function each(values: readonly string[] | string | undefined, add: (value: string) => void): void {
  for (const value of typeof values === "string" ? [values] : (values ?? [])) {
    add(value);
  }
}
