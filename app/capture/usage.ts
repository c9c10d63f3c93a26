import * as z from "zod";
import { names } from "../archive/names.ts";
import { changeDocument, createDocument, readDocument, type Store } from "../archive/store.ts";
import type { Usage } from "./prices.ts";

/** What X handed out and may bill. */
const readsSchema = z.object({
  owned: z.number(),
  others: z.number(),
  users: z.number().default(0),
}) satisfies z.ZodType<Usage>;
const monthSchema = z.object({ days: z.record(z.string(), readsSchema) });

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
  await createDocument(store, name, { days: {} });
  await changeDocument(store, {
    name,
    schema: monthSchema,
    change: ({ days }) => ({ days: { ...days, [day]: sum([days[day] ?? NONE, reads]) } }),
  });
}

/** What a job has read on a day, and in its month so far. */
export async function readsOf(
  store: Store,
  jobId: string,
  day: string,
): Promise<{ day: Usage; month: Usage }> {
  const document = await readDocument(store, names.reads(monthOf(day), jobId), monthSchema);
  const days = document?.value.days ?? {};
  return { day: days[day] ?? NONE, month: sum(Object.values(days)) };
}

/** Posts of all jobs together, removed ones too: X bills the app. */
export async function readsOfAll(
  store: Store,
  day: string,
): Promise<{ day: number; month: number }> {
  const total = { day: 0, month: 0 };
  for await (const name of store.list(names.readsOfMonth(monthOf(day)))) {
    const days = (await readDocument(store, name, monthSchema))?.value.days ?? {};
    total.day += countPosts(days[day] ?? NONE);
    total.month += countPosts(sum(Object.values(days)));
  }
  return total;
}

function countPosts({ owned, others }: Usage): number {
  return owned + others;
}

const NONE: Usage = { owned: 0, others: 0, users: 0 };

function sum(all: Usage[]): Usage {
  return all.reduce(
    (one, other) => ({
      owned: one.owned + other.owned,
      others: one.others + other.others,
      users: one.users + other.users,
    }),
    NONE,
  );
}

function monthOf(day: string): string {
  return day.slice(0, 7);
}
