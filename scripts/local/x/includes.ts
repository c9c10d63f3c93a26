import { describeMedia } from "./media-objects.ts";
import { notAuthorized, notFound, type PartialError } from "./problems.ts";
import { renderMedia, renderPlace, renderPoll, renderPost, renderUser } from "./render.ts";
import type { Entities, Post } from "./timeline.ts";
import { findPost, findUserByName, type View } from "./view.ts";
import type { Selection } from "./vocabulary.ts";

type Rendered = Record<string, unknown>;

/** Objects that a page's posts refer to, each once, and an error for each that X does not show. */
export type Expanded = { includes: Record<string, Rendered[]>; errors: PartialError[] };

export function expand(view: View, posts: readonly Post[], selection: Selection): Expanded {
  const page = createPage(view, selection);
  for (const expansion of selection.expansions) {
    const add = EXPANSIONS[expansion];
    for (const post of add === undefined ? [] : posts) {
      add?.(page, post, selection.vocabulary.spelling.get(expansion) ?? expansion);
    }
  }
  return page.finish();
}

type Page = ReturnType<typeof createPage>;
type Expansion = (page: Page, post: Post, parameter: string) => void;

/** One level only: what an expanded post refers to needs a request of its own (x-api.md section 2). */
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
      each(page.shown(id)?.attachments?.media_keys, page.addMedia);
    }),
  edit_history_tweet_ids: (page, post, parameter) =>
    each(
      post.edit_history_tweet_ids?.filter((id) => id !== post.id),
      (id) => page.addPost(id, parameter),
    ),
  "attachments.media_keys": (page, post) => each(post.attachments?.media_keys, page.addMedia),
  "attachments.media_source_tweet": (page, post, parameter) =>
    each(post.attachments?.media_source_tweet_id, (id) => page.addPost(id, parameter)),
  "attachments.poll_ids": (page, post, parameter) =>
    each(post.attachments?.poll_ids, (id) => page.addPoll(id, parameter)),
  "geo.place_id": (page, post, parameter) =>
    each(post.geo?.place_id, (id) => page.addPlace(id, parameter)),
  "article.cover_media": (page, post) => each(post.article?.cover_media, page.addMedia),
  "article.media_entities": (page, post) => each(post.article?.media_entities, page.addMedia),
};

function createPage(view: View, selection: Selection) {
  const { timeline } = view;
  const { vocabulary } = selection;
  const kinds = { users: kind(), posts: kind(), media: kind(), polls: kind(), places: kind() };
  const errors = new Map<string, PartialError>();

  function addError(error: PartialError): void {
    errors.set(`${error.parameter} ${error.value}`, error);
  }

  function addFrom<T>(
    known: T | undefined,
    missing: { type: string; parameter: string; value: string },
    add: (object: T) => void,
  ): void {
    if (known === undefined) {
      addError(notFound(missing));
    } else {
      add(known);
    }
  }

  return {
    addUser(id: string, parameter: string): void {
      addFrom(timeline.users.get(id), { type: "user", parameter, value: id }, (user) =>
        kinds.users.set(user.id, renderUser(user, selection)),
      );
    },
    addMentioned(entities: Entities | undefined, parameter: string): void {
      for (const { username } of entities?.mentions ?? []) {
        const missing = { type: "user", parameter, value: username };
        addFrom(findUserByName(timeline, username), missing, (user) =>
          kinds.users.set(user.id, renderUser(user, selection)),
        );
      }
    },
    addPost(id: string, parameter: string): void {
      const found = findPost(view, id);
      const missing = { type: vocabulary.resource, parameter, value: id };
      if (found.state === "shown") {
        kinds.posts.set(id, renderPost(found.post, selection));
      } else {
        addError(found.state === "not-found" ? notFound(missing) : notAuthorized(missing));
      }
    },
    addMedia(this: void, key: string): void {
      kinds.media.set(key, renderMedia(describeMedia(timeline, key), selection));
    },
    addPoll(id: string, parameter: string): void {
      addFrom(timeline.polls.get(id), { type: "poll", parameter, value: id }, (poll) =>
        kinds.polls.set(id, renderPoll(poll, selection)),
      );
    },
    addPlace(id: string, parameter: string): void {
      addFrom(timeline.places.get(id), { type: "place", parameter, value: id }, (place) =>
        kinds.places.set(id, renderPlace(place, selection)),
      );
    },
    shown(id: string): Post | undefined {
      const found = findPost(view, id);
      return found.state === "shown" ? found.post : undefined;
    },
    finish(): Expanded {
      const { posts, ...others } = kinds;
      const lists = Object.entries({ [vocabulary.includes]: posts, ...others })
        .filter(([, objects]) => objects.size > 0)
        .map(([name, objects]) => [name, [...objects.values()]] as const);
      return { includes: Object.fromEntries(lists), errors: [...errors.values()] };
    },
  };
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
