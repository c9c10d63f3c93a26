import * as z from "zod";
import { names } from "../archive/names.ts";
import { recordType } from "../archive/records.ts";
import { changeDocument, createDocument, readDocument, type Store } from "../archive/store.ts";
import { NO_READS, type Usage } from "./prices.ts";

/** What X handed out and may bill. */
const readsSchema = z.object({
  owned: z.number(),
  others: z.number(),
  users: z.number(),
  messages: z.number(),
}) satisfies z.ZodType<Usage>;
const olderDays = z.record(z.string(), z.looseObject({}));
const monthRecord = recordType(z.object({ days: z.record(z.string(), readsSchema) }), [
  // Before, users were not counted at first, and messages never were.
  ({ days, ...month }) => ({
    ...month,
    days: Object.fromEntries(
      Object.entries(olderDays.parse(days)).map(([day, reads]) => [day, { ...NO_READS, ...reads }]),
    ),
  }),
]);

/** `2026-06-01`: X bills each post and user once a UTC day. */
export function utcDay(time: Date): string {
  return time.toISOString().slice(0, 10);
}

export async function addReads(
  store: Store,
  jobId: string,
  { day, reads }: { day: string; reads: Usage },
): Promise<void> {
  const name = names.reads(monthOf(day), jobId);
  await createDocument(store, name, monthRecord, { days: {} });
  await changeDocument(store, {
    name,
    type: monthRecord,
    change: ({ days }) => ({ days: { ...days, [day]: sum([days[day] ?? NO_READS, reads]) } }),
  });
}

/** What a job has read on a day, and in its month so far. */
export async function readsOf(
  store: Store,
  jobId: string,
  day: string,
): Promise<{ day: Usage; month: Usage }> {
  const document = await readDocument(store, names.reads(monthOf(day), jobId), monthRecord);
  const days = document?.value.days ?? {};
  return { day: days[day] ?? NO_READS, month: sum(Object.values(days)) };
}

/** Posts of all jobs together, removed ones too: X bills the app. */
export async function readsOfAll(
  store: Store,
  day: string,
): Promise<{ day: number; month: number }> {
  const total = { day: 0, month: 0 };
  for await (const name of store.list(names.readsOfMonth(monthOf(day)))) {
    const days = (await readDocument(store, name, monthRecord))?.value.days ?? {};
    total.day += countPosts(days[day] ?? NO_READS);
    total.month += countPosts(sum(Object.values(days)));
  }
  return total;
}

function countPosts({ owned, others }: Usage): number {
  return owned + others;
}

function sum(all: Usage[]): Usage {
  return all.reduce(
    (one, other) => ({
      owned: one.owned + other.owned,
      others: one.others + other.others,
      users: one.users + other.users,
      messages: one.messages + other.messages,
    }),
    NO_READS,
  );
}

function monthOf(day: string): string {
  return day.slice(0, 7);
}
