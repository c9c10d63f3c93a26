import { names } from "../archive/names.ts";
import { ConnectorError } from "../errors.ts";
import { parsePage } from "../twitter/page.ts";
import type { CaptureDeps, Source } from "./capture.ts";
import { keepAnswer } from "./pages.ts";

/** Ids that X takes in one lookup. */
const LOOKUP_SIZE = 100;

/**
 * Reads named posts anew, for one task, and stores the answers. Done before, it costs nothing.
 * @returns why X did not hand out a post, by id.
 */
export async function lookUp(
  { store, twitter }: CaptureDeps,
  {
    jobId,
    taskId,
    token,
    ids,
  }: Pick<Source, "jobId" | "token"> & { taskId: string; ids: string[] },
): Promise<Map<string, string>> {
  const missing = new Map<string, string>();
  for (let from = 0; from < ids.length; from += LOOKUP_SIZE) {
    const some = ids.slice(from, from + LOOKUP_SIZE);
    const name = names.page(names.lookupPages(jobId, taskId), from / LOOKUP_SIZE + 1);
    const stored = await store.read(name);
    const body = stored?.body ?? (await keepAnswer(store, name, () => twitter.lookup(token, some)));
    const page = parsePage(body);
    const found = new Set(page.posts.map(({ id }) => id));
    for (const id of some.filter((asked) => !found.has(asked))) {
      const reason = page.includes.missing.get(id);
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
