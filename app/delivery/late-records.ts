import pMap from "p-map";
import type { Store } from "../archive/store.ts";
import { readCoverage } from "../capture/coverage.ts";
import { postsOfWindow } from "../capture/posts.ts";
import type { Announce, Found } from "../capture/rediscovered.ts";
import type { Feed, TimelineKey } from "../feeds/feed.ts";
import { FEEDS } from "../feeds/index.ts";
import type { Log } from "../log.ts";
import { addSeconds, contains, type Interval } from "../time/intervals.ts";
import { earlierVersionsOf } from "../twitter/page.ts";
import { readAnswered } from "./ledger.ts";
import { addToOutbox, OUTBOX_WRITERS } from "./outbox.ts";

type Deps = {
  store: Store;
  log: Log;
  now: () => Date;
  /** Default: the connector's own. */
  feeds?: readonly Feed[] | undefined;
};

/**
 * Has those records wait in the outbox that no reading of their time has given, those that can be shown
 * whole only now, and those that go with whatever task is next. Until the reading counts that came upon
 * a record, nobody takes it from there. A record that an earlier feed has is that one's.
 */
export function holdLateRecords(deps: Deps): Announce {
  const { store, now } = deps;
  return async ({ jobId, feed }, rediscovered) => {
    const found = rediscovered.filter((one) => one.as === "found");
    if (feed.kind === "timeline" && found.length > 0) {
      await holdFound(deps, { jobId, feed }, found);
    }
    for (const one of rediscovered.filter(({ as }) => as !== "found")) {
      await addToOutbox(store, jobId, {
        feed: feed.name,
        id: one.id,
        reason: one.as === "completed" ? "completed" : "record",
        pages: [one.page],
        foundAt: now().toISOString(),
      });
    }
  };
}

async function holdFound(deps: Deps, of: TimelineKey, found: Found[]): Promise<void> {
  const { store, log, now, feeds = FEEDS } = deps;
  const { jobId, feed } = of;
  const known = new Set<string>();
  for (const earlier of feeds.slice(0, feeds.indexOf(feed))) {
    if (earlier.kind === "timeline") {
      (await knownIds(store, { jobId, feed: earlier }, found)).forEach((id) => known.add(id));
    }
  }
  (await knownIds(store, of, found)).forEach((id) => known.add(id));
  const answered = await readAnswered(store, jobId);
  const isRecord = feed.goesWith === "the next task";
  await pMap(
    found.filter(({ id }) => !known.has(id)),
    async ({ id, createdAt, isEdited, page }) => {
      const isAnswered = answered.some((window) => contains(window, createdAt));
      const late = isEdited && isAnswered ? "edited" : "late";
      const reason = isRecord ? "record" : late;
      const foundAt = now().toISOString();
      await addToOutbox(store, jobId, { feed: feed.name, id, reason, pages: [page], foundAt });
      if (!isRecord) {
        log("capture.late-post", { jobId, postId: id });
      }
    },
    { concurrency: OUTBOX_WRITERS },
  );
}

/** Ids of the archive around those that were found; as it is now: another process may have found them, too. */
async function knownIds(store: Store, of: TimelineKey, found: Found[]): Promise<Set<string>> {
  const coverage = await readCoverage(store, of);
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
