import { names } from "../archive/names.ts";
import { ConnectorError } from "../errors.ts";
import { parsePage } from "../twitter/page.ts";
import type { CaptureDeps, Source } from "./capture.ts";
import { chunk, keepAnswer, keepContext } from "./pages.ts";

/**
 * Reads named posts anew, for one task, and stores the answers. Done before, it costs nothing.
 * @returns why X did not hand out a post, by id.
 */
export async function lookUp(
  { store, twitter: unmetered, meter }: CaptureDeps,
  {
    jobId,
    taskId,
    question,
    token,
    ids,
  }: Pick<Source, "jobId" | "token"> & { taskId: string; question?: number; ids: string[] },
): Promise<Map<string, string>> {
  const twitter = meter(unmetered, jobId);
  const missing = new Map<string, string>();
  for (const [index, some] of chunk(ids).entries()) {
    const name = names.page(names.lookupPages(jobId, taskId, question), index + 1);
    const stored = await store.read(name);
    const kept = stored ?? (await keepAnswer(store, name, () => twitter.lookup(token, some)));
    const page = parsePage(kept.body);
    await keepContext(store, { name, page, lookUp: (more) => twitter.lookup(token, more) });
    const found = new Set(page.posts.map(({ id }) => id));
    const unread = page.unread ?? [];
    for (const id of some.filter((asked) => !found.has(asked))) {
      const isUnread = unread.some((post) => (post.id ?? id) === id);
      const reason =
        page.includes.missing.get(id) ??
        (isUnread ? "sent in a form that cannot be read" : undefined);
      if (reason === undefined) {
        throw new ConnectorError(
          "x-bad-response",
          `X says nothing of post ${id}, which was asked for`,
        );
      }
      missing.set(id, reason);
    }
  }
  return missing;
}
