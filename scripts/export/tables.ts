import type { Store } from "../../app/archive/store.ts";
import type { Covered, Gap } from "../../app/capture/coverage.ts";
import { readOutbox } from "../../app/delivery/outbox.ts";
import { contains, type Interval } from "../../app/time/intervals.ts";
import { createRecords } from "./delivered.ts";
import { csvLine } from "./load-files.ts";
import type { Missing } from "./missing.ts";
import type { MadeItem } from "./make-items.ts";

/** Which intervals of a timeline were read completely. */
export function coverageTable(intervals: readonly Covered[]): string {
  return table(
    ["START", "END", "POSTS", "WITHOUT", "CAPTURE"],
    intervals.map(({ start, end, posts, without = "", captureId }) => [
      start,
      end,
      String(posts),
      without,
      captureId,
    ]),
  );
}

/** Which were not, and why. */
export function gapsTable(gaps: readonly Gap[]): string {
  return table(
    ["START", "END", "POSTID", "REASON", "TRIED", "RECORDED"],
    gaps.map(({ start, end, postId = "", reason, tried, recordedAt }) => [
      start,
      end,
      postId,
      reason,
      tried,
      recordedAt,
    ]),
  );
}

/** Media of an item that are not attached to it. */
export function omittedMedia({ entry, taskId }: MadeItem): Missing[] {
  return entry.media.flatMap(({ mediaKey, omitted: reason }) =>
    reason === undefined ? [] : [{ id: `${entry.id} medium ${mediaKey}`, taskId, reason }],
  );
}

/** What of a range is archived and goes out with a later task: it has no item yet. */
export async function waitingRecords(
  store: Store,
  { jobId, range }: { jobId: string; range: Interval },
): Promise<Missing[]> {
  const waiting: Missing[] = [];
  const records = createRecords(store);
  for await (const { feed, id, pages, reason, givenUp } of readOutbox(store, jobId)) {
    const where = { feed, id, page: pages.at(-1) ?? "" };
    const record = await records.recordOf(where).catch(() => undefined);
    if (!record || contains(range, record.createdAt)) {
      const why = givenUp ?? `waits for the next task: ${reason}`;
      waiting.push({ id, taskId: "", reason: why });
    }
  }
  return waiting;
}

function table(head: string[], rows: string[][]): string {
  return `\uFEFF${[head, ...rows].map(csvLine).join("")}`;
}
