import pMap from "p-map";
import type { Store } from "../archive/store.ts";
import { type Coverage, readCoverage } from "../capture/coverage.ts";
import { postsOfWindow } from "../capture/posts.ts";
import type { Announce, Found } from "../capture/rediscovered.ts";
import type { Log } from "../log.ts";
import { addSeconds, contains, type Interval } from "../time/intervals.ts";
import { earlierVersionsOf } from "../twitter/page.ts";
import { readAnswered } from "./ledger.ts";
import { addToOutbox, OUTBOX_WRITERS } from "./outbox.ts";
import type { TimelineKey } from "../feeds/feed.ts";

type Deps = { store: Store; log: Log; now: () => Date };

/**
 * Has those posts wait in the outbox that no reading of their time has given, and those that can be
 * shown whole only now. Until the reading counts that came upon a post, nobody takes it from there.
 */
export function holdLateRecords(deps: Deps): Announce {
  const { store, now } = deps;
  return async (of, rediscovered) => {
    await holdFound(
      deps,
      of,
      rediscovered.filter((one) => one.as === "found"),
    );
    for (const { id, page } of rediscovered.filter((one) => one.as === "completed")) {
      const foundAt = now().toISOString();
      await addToOutbox(store, of.jobId, {
        feed: of.feed.name,
        id,
        reason: "completed",
        pages: [page],
        foundAt,
      });
    }
  };
}

async function holdFound(
  { store, log, now }: Deps,
  of: TimelineKey,
  found: Found[],
): Promise<void> {
  if (found.length === 0) {
    return;
  }
  const { jobId, feed } = of;
  // As it is now: another process may have done the same meanwhile, and what it held be gone.
  const coverage = await readCoverage(store, of);
  const known = await knownIds(store, of, { found, coverage });
  const answered = await readAnswered(store, jobId);
  const late = found.filter(({ id }) => !known.has(id));
  await pMap(
    late,
    async ({ id, createdAt, isEdited, page }) => {
      const isAnswered = answered.some((window) => contains(window, createdAt));
      const reason = isEdited && isAnswered ? "edited" : "late";
      const foundAt = now().toISOString();
      await addToOutbox(store, jobId, { feed: feed.name, id, reason, pages: [page], foundAt });
      log("capture.late-post", { jobId, postId: id });
    },
    { concurrency: OUTBOX_WRITERS },
  );
}

async function knownIds(
  store: Store,
  of: TimelineKey,
  { found, coverage }: { found: Found[]; coverage: Coverage },
): Promise<Set<string>> {
  const ids = new Set<string>();
  const window = spanOf(found);
  for await (const captured of window ? postsOfWindow(store, { ...of, window, coverage }) : []) {
    const { post, includes } = captured;
    [post, ...earlierVersionsOf(post, includes)].forEach(({ id }) => ids.add(id));
  }
  return ids;
}

function spanOf(found: Found[]): Interval | undefined {
  const times = found
    .flatMap(({ createdAt, sentWith = createdAt }) => [createdAt, sentWith])
    .toSorted((a, b) => (a < b ? -1 : 1));
  const [start, end = start] = [times[0], times.at(-1)];
  return start !== undefined && end !== undefined ? { start, end: addSeconds(end, 1) } : undefined;
}
