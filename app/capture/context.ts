import { contextOf, earlierVersionsOf, isRepost, type Page } from "../twitter/page.ts";

/**
 * Posts that have to be looked up so that everything a page's posts show is known, and every version
 * of those that were edited (a timeline has the newest only). X expands one level: what a reposted
 * post quotes is missing, and the original of a repost that is answered or quoted, whose own text X
 * cuts. With the new field names, so are the authors and media of the posts that are referred to
 * (x-api.md sections 0 and 2), if not the posts.
 */
export function idsToLookUp({ posts, includes }: Page): string[] {
  const ids = new Set<string>();
  const isKnown = (id: string) => includes.posts.has(id) || includes.missing.has(id);
  const isHere = (id: string) => isKnown(id) || posts.some((post) => post.id === id);
  for (const post of posts) {
    post.versions.filter((id) => !isHere(id)).forEach((id) => ids.add(id));
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
