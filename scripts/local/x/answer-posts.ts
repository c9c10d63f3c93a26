import { expand } from "./includes.ts";
import { notAuthorized, notFound, type PartialError } from "./problems.ts";
import { renderPost } from "./render.ts";
import type { Post } from "./timeline.ts";
import { findPost, type View } from "./view.ts";
import type { Selection } from "./vocabulary.ts";

export type Answer = {
  data?: Record<string, unknown>[];
  includes?: Record<string, Record<string, unknown>[]>;
  errors?: PartialError[];
};

export type LookedUp = { posts: Post[]; errors: PartialError[] };

/** The posts with what they refer to; members that would be empty are left out (docs/x-api.md#errors). */
export function answerPosts(view: View, selection: Selection, found: LookedUp): Answer {
  const { includes, errors: missing } = expand(view, found.posts, selection);
  const data = found.posts.map((post) => renderPost(post, selection));
  const errors = [...found.errors, ...missing];
  return {
    ...(data.length > 0 && { data }),
    ...(Object.keys(includes).length > 0 && { includes }),
    ...(errors.length > 0 && { errors }),
  };
}

/** Posts by their ids; one that X does not show is an error of the answer, not of the request. */
export function lookUp(
  view: View,
  selection: Selection,
  wanted: { parameter: "id" | "ids"; ids: readonly string[] },
): LookedUp {
  const posts: Post[] = [];
  const errors: PartialError[] = [];
  for (const value of new Set(wanted.ids)) {
    const found = findPost(view, value);
    const missing = { type: selection.vocabulary.resource, parameter: wanted.parameter, value };
    if (found.state === "shown") {
      posts.push(found.post);
    } else {
      errors.push(found.state === "not-found" ? notFound(missing) : notAuthorized(missing));
    }
  }
  return { posts, errors };
}
