import * as z from "zod";
import { names } from "../archive/names.ts";
import { changeDocument, createDocument, readDocument, type Store } from "../archive/store.ts";

/**
 * Posts that X handed out and may bill: of the account's own timeline, which are cheap where the account
 * owns the developer app, and any others, those that came along included (x-api.md section 4).
 */
const readsSchema = z.object({ owned: z.number(), others: z.number() });
const monthSchema = z.object({ days: z.record(z.string(), readsSchema) });

export type Reads = z.infer<typeof readsSchema>;

/** `2026-06-01`: X bills a post once a UTC day. */
export function utcDay(time: Date): string {
  return time.toISOString().slice(0, 10);
}

export async function addReads(
  store: Store,
  jobId: string,
  { day, reads }: { day: string; reads: Reads },
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
): Promise<{ day: Reads; month: Reads }> {
  const document = await readDocument(store, names.reads(monthOf(day), jobId), monthSchema);
  const days = document?.value.days ?? {};
  return { day: days[day] ?? NONE, month: sum(Object.values(days)) };
}

/** The same of all jobs together, removed ones too: X bills the app. */
export async function readsOfAll(
  store: Store,
  day: string,
): Promise<{ day: number; month: number }> {
  const total = { day: 0, month: 0 };
  for await (const name of store.list(names.readsOfMonth(monthOf(day)))) {
    const days = (await readDocument(store, name, monthSchema))?.value.days ?? {};
    total.day += countReads(days[day] ?? NONE);
    total.month += countReads(sum(Object.values(days)));
  }
  return total;
}

export function countReads({ owned, others }: Reads): number {
  return owned + others;
}

const NONE: Reads = { owned: 0, others: 0 };

function sum(all: Reads[]): Reads {
  return all.reduce(
    (one, other) => ({ owned: one.owned + other.owned, others: one.others + other.others }),
    NONE,
  );
}

function monthOf(day: string): string {
  return day.slice(0, 7);
}
