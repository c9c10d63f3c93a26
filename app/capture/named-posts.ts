import * as z from "zod";
import { names } from "../archive/names.ts";
import { recordType } from "../archive/records.ts";
import { changeDocument, createDocument, readDocument, type Store } from "../archive/store.ts";
import { earlierVersionsOf } from "../twitter/page.ts";
import type { TimelineKey } from "../feeds/feed.ts";
import type { CaptureDeps } from "./capture-deps.ts";
import { readCoverage } from "./coverage.ts";
import { addSeconds } from "../time/intervals.ts";
import { postsOfWindow } from "./posts.ts";
import { utcDay } from "./usage.ts";
import { timeOfId } from "./post-id.ts";
import { BEFORE_TIMES } from "./times.ts";

/**
 * How many posts that the archive does not know as the account's own X is asked for by name: each costs
 * $0.005 and its author $0.01, whoever's it is, and whoever has APISecretKey can name 200,000.
 */
export const MOST_UNKNOWN = { aTask: 1_000, aDay: 2_000 };

/** Why a named post was not asked for. Short: a manifest may say it of 199,000. */
export const NOT_ASKED_FOR = "not asked for: too many unknown posts were named";

export type NamedPosts = TimelineKey & {
  taskId: string;
  question?: number | undefined;
  ids: string[];
};

const idsRecord = recordType(z.object({ ids: z.array(z.string()) }));
const dayRecord = recordType(z.object({ tasks: z.record(z.string(), z.number()) }));
const DAY_SECONDS = 86_400;

/**
 * Chooses which of the posts that a task names X is asked for: first those that the archive knows as the
 * account's own, all of them; then others, up to the limits. The choice is made once and stays.
 */
export async function chooseNamed(
  { store, log, now }: Pick<CaptureDeps, "store" | "log" | "now">,
  named: NamedPosts,
): Promise<string[]> {
  const { jobId, taskId, question, ids } = named;
  if (ids.length === 0) {
    return [];
  }
  const name = names.lookupIds(jobId, taskId, question);
  const chosen = await readDocument(store, name, idsRecord);
  if (chosen) {
    return chosen.value.ids;
  }
  const known = await ownIdsAmong(store, named, ids);
  const unknown = ids.filter((id) => !known.has(id));
  const granted = await reserve(store, named, { day: utcDay(now()), wanted: unknown.length });
  const asked = [...ids.filter((id) => known.has(id)), ...unknown.slice(0, granted)];
  if (await createDocument(store, name, idsRecord, { ids: asked })) {
    if (granted < unknown.length) {
      const detail = `at most ${MOST_UNKNOWN.aTask} a task, ${MOST_UNKNOWN.aDay} a UTC day`;
      log("capture.ids-over-limit", { jobId, taskId, posts: unknown.length - granted, detail });
    }
    return asked;
  }
  return (await readDocument(store, name, idsRecord))?.value.ids ?? asked;
}

/** The archive is read on the days of the ids alone. */
async function ownIdsAmong(store: Store, of: TimelineKey, ids: string[]): Promise<Set<string>> {
  const coverage = await readCoverage(store, of);
  const known = new Set<string>();
  for (const [day, some] of Map.groupBy(ids, (id) => timeOfId(id)?.slice(0, 10))) {
    const start = `${day}T00:00:00Z`;
    const window =
      day === undefined ? BEFORE_TIMES : { start, end: addSeconds(start, DAY_SECONDS) };
    const wanted = new Set(some);
    for await (const { post, includes } of postsOfWindow(store, { ...of, window, coverage })) {
      [post, ...earlierVersionsOf(post, includes)]
        .filter(({ id }) => wanted.has(id))
        .forEach(({ id }) => known.add(id));
    }
  }
  return known;
}

/** @returns how many more of a day's unknown posts a task may ask for; the same however often it asks. */
async function reserve(
  store: Store,
  { jobId, taskId, question = 1 }: NamedPosts,
  { day, wanted }: { day: string; wanted: number },
): Promise<number> {
  if (wanted === 0) {
    return 0;
  }
  const name = names.unknownIds(jobId, day);
  const key = `${taskId} ${question}`;
  await createDocument(store, name, dayRecord, { tasks: {} });
  const reserved = await changeDocument(store, {
    name,
    type: dayRecord,
    change: ({ tasks }) => {
      const { [key]: _, ...others } = tasks;
      const used = Object.values(others).reduce((sum, count) => sum + count, 0);
      const left = Math.max(0, MOST_UNKNOWN.aDay - used);
      return { tasks: { ...others, [key]: Math.min(wanted, MOST_UNKNOWN.aTask, left) } };
    },
  });
  return reserved?.tasks[key] ?? 0;
}
