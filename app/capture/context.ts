import { contextOf, earlierVersionsOf, isRepost, type Page } from "../twitter/page.ts";

/**
 * Posts that X names as the account's own on a page and does not hand out there: every version of one
 * that was edited (a timeline has the newest only), and those that stand among the page's errors.
 */
export function ownPostsMissing({ posts, refused = [], includes }: Page): string[] {
  const isHere = (id: string) => includes.posts.has(id) || posts.some((post) => post.id === id);
  const versions = posts.flatMap((post) => [
    ...post.versions,
    // The newest one's own list may be short.
    ...earlierVersionsOf(post, includes).flatMap((version) => version.versions),
  ]);
  return [...new Set([...refused, ...versions])].filter((id) => !isHere(id));
}

/**
 * Posts that have to be looked up so that everything a page's posts show is known, and every version
 * of those that were edited (a timeline has the newest only). X expands one level: what a reposted
 * post quotes is missing, and the original of a repost that is answered or quoted, whose own text X
 * cuts. With the new field names, so are the authors and media of the posts that are referred to
 * (docs/x-api.md#field-names), if not the posts.
 */
export function idsToLookUp(page: Page): string[] {
  const { refused = [], includes } = page;
  const posts = [...page.posts, ...refused.flatMap((id) => includes.posts.get(id) ?? [])];
  const isKnown = (id: string) => includes.posts.has(id) || includes.missing.has(id);
  // What a page's errors say of the account's own posts is not believed on that one answer.
  const ids = new Set(ownPostsMissing({ ...page, posts }));
  for (const post of posts) {
    const versions = earlierVersionsOf(post, includes);
    for (const { id } of [post, ...versions].flatMap(({ references }) => references)) {
      if (!isKnown(id)) {
        ids.add(id);
      }
    }
    for (const shown of [...versions, ...contextOf(post, includes)]) {
      const isDescribed =
        includes.users.has(shown.authorId) &&
        shown.mediaKeys.every((mediaKey) => includes.media.has(mediaKey));
      if (!isDescribed) {
        ids.add(shown.id);
      }
      for (const { id } of [post, shown].some(isRepost) ? shown.references : []) {
        if (!isKnown(id)) {
          ids.add(id);
        }
      }
    }
  }
  return [...ids];
}
