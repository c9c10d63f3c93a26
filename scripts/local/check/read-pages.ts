import { z } from "zod";

/** What the archive's raw pages prove: ids of the posts that X handed out. */
export type CapturedPages = {
  pages: number;
  /** How many posts stand in `data`, counting a post again on each page. */
  posts: number;
  /** Posts in `data`. */
  postIds: Set<string>;
  /** Earlier versions that those posts name in their edit history. */
  earlierVersions: Set<string>;
  problems: string[];
};

/** A verbatim response body of X lies under a folder `pages`; answers that go along with it beside. */
const PAGE = /\/pages\/.*\.json$/;
const CONTEXT = /\/context\/.*\.json$/;

const post = z.looseObject({
  id: z.string(),
  edit_history_tweet_ids: z.array(z.string()).optional(),
  edit_history_post_ids: z.array(z.string()).optional(),
});

const body = z.looseObject({
  data: z.union([z.array(post), post]).optional(),
  errors: z.array(z.looseObject({ resource_id: z.string().optional() })).optional(),
});

/** Reads the archive's blobs, in either field vocabulary (docs/x-api.md#field-names). */
export async function readPages(
  blobs: AsyncIterable<{ name: string; body: Buffer }>,
): Promise<CapturedPages> {
  const captured: CapturedPages = {
    pages: 0,
    posts: 0,
    postIds: new Set(),
    earlierVersions: new Set(),
    problems: [],
  };
  const refused = new Set<string>();
  const given = new Set<string>();
  for await (const blob of blobs) {
    if (PAGE.test(blob.name)) {
      extendScan(captured, blob);
      for (const { resource_id: id } of parsePage(blob.body)?.errors ?? []) {
        refused.add(id ?? "");
      }
    } else if (CONTEXT.test(blob.name)) {
      [parsePage(blob.body)?.data ?? []].flat().forEach(({ id }) => given.add(id));
    }
  }
  // A post that a page only names as an error counts where X handed it out by its id.
  refused.intersection(given).forEach((id) => captured.postIds.add(id));
  return captured;
}

function extendScan(captured: CapturedPages, blob: { name: string; body: Buffer }): void {
  captured.pages += 1;
  const page = parsePage(blob.body);
  if (page === undefined) {
    captured.problems.push(`${blob.name} is no response body of X`);
    return;
  }
  for (const each of [page.data ?? []].flat()) {
    captured.posts += 1;
    captured.postIds.add(each.id);
    [...(each.edit_history_tweet_ids ?? []), ...(each.edit_history_post_ids ?? [])]
      .filter((id) => id !== each.id)
      .forEach((id) => captured.earlierVersions.add(id));
  }
}

function parsePage(bytes: Buffer): z.infer<typeof body> | undefined {
  try {
    return body.parse(JSON.parse(bytes.toString("utf8")));
  } catch {
    return undefined;
  }
}
