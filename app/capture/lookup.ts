import { names } from "../archive/names.ts";
import { parsePage, UNREADABLE } from "../twitter/page.ts";
import { askById, SILENT } from "./ask-by-id.ts";
import type { Source } from "../feeds/feed.ts";
import type { CaptureDeps } from "./capture-deps.ts";
import { chooseNamed, NOT_ASKED_FOR } from "./named-posts.ts";
import { keepAnswer, pageNames } from "./pages.ts";

/**
 * Reads named posts anew, for one task, and stores the answers. Done before, it costs nothing.
 * @returns why X did not hand out a post, or was not asked for it, by id.
 */
export async function lookUp(
  deps: CaptureDeps,
  {
    taskId,
    question,
    ids,
    ...source
  }: Source & { taskId: string; question?: number; ids: string[] },
): Promise<Map<string, string>> {
  const { store, log, meter } = deps;
  const { jobId, token } = source;
  const metered = { ...deps, twitter: meter(deps.twitter, jobId) };
  const asked = await chooseNamed(deps, { ...source, taskId, question, ids });
  const pages = names.lookupPages(jobId, taskId, question);
  const { known, given, silent, isNew } = await askById({
    wanted: () => asked,
    read: (number) => store.read(names.page(pages, number)),
    ask: (number, some) =>
      keepAnswer(store, names.page(pages, number), () => metered.twitter.lookup(token, some)),
  });
  if (isNew) {
    silent.forEach((postId) => log("capture.post-unanswered", { jobId, taskId, postId }));
  }
  const readable = given.size > 0 ? await completeOwnPosts(metered, source, pages) : new Set();
  const chosen = new Set(asked);
  const reasonOf = (id: string) =>
    chosen.has(id)
      ? (known.missing.get(id) ?? (given.has(id) ? UNREADABLE : SILENT))
      : NOT_ASKED_FOR;
  return new Map(ids.filter((id) => !readable.has(id)).map((id) => [id, reasonOf(id)]));
}

/** What posts of others show is nobody's to know. @returns ids of all posts that can be read. */
async function completeOwnPosts(
  deps: CaptureDeps,
  source: Source,
  pages: string,
): Promise<Set<string>> {
  const readable = new Set<string>();
  for await (const name of pageNames(deps.store, pages)) {
    const blob = await deps.store.read(name);
    if (blob) {
      // What X refuses there was asked for by name, and is told of as such.
      const { refused: _, ...page } = parsePage(blob.body);
      page.posts.forEach(({ id }) => readable.add(id));
      const posts = page.posts.filter(({ authorId }) => authorId === source.accountId);
      await source.feed.completePage(deps, source, { name, page: { ...page, posts } });
    }
  }
  return readable;
}
