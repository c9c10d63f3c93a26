import * as z from "zod";
import { names } from "../archive/names.ts";
import { type RecordOf, recordType } from "../archive/records.ts";
import { changeDocument, createDocument, readDocument, type Store } from "../archive/store.ts";
import type { Log } from "../log.ts";
import { compare, intervalSchema, type Interval, join } from "../time/intervals.ts";

/** Of more items in a UTC day, the platform imports none (docs/portal-contract.md#limits). */
export const DAILY_LIMIT = 200_000;
/** Above so many, somebody is told. */
const NEAR_DAILY_LIMIT = 0.8 * DAILY_LIMIT;

const dayRecord = recordType(
  z.object({
    answers: z.array(
      z.object({
        taskId: z.string(),
        /** How often the platform had asked for the task when it was answered. */
        asked: z.number(),
        items: z.number(),
        /** Its completion was sent, so that the platform may have accepted it. */
        sent: z.literal(true).optional(),
        /** Absent: room is kept for it, but the platform has not accepted it yet. */
        acceptedAt: z.string().optional(),
      }),
    ),
  }),
);
const answeredRecord = recordType(z.object({ windows: z.array(intervalSchema) }));

/** One answer to one asking of a task. */
export type LedgerKey = { jobId: string; taskId: string; asked: number };

export type Room = {
  /** Items that may go out. */
  granted: number;
  /** All items of the day, before and after. */
  before: number;
  after: number;
};

export function dayOf(now: Date): string {
  return now.toISOString().slice(0, 10);
}

/**
 * Keeps room within the day's limit for an answer: for all `items`, or if `some` will do, for as
 * many as fit; otherwise, right before its completion, for none. A second time replaces the first,
 * and what an earlier asking for the task had and was never sent.
 */
export async function keepRoom(
  store: Store,
  { jobId, taskId, asked }: LedgerKey,
  { day, items, some }: { day: string; items: number; some: boolean },
): Promise<Room> {
  let room: Room = { granted: 0, before: 0, after: 0 };
  await changeDay(store, { jobId, day }, (answers) => {
    const own = answers.find((answer) => answer.taskId === taskId && answer.asked === asked);
    const others = answers.filter(
      (answer) => answer !== own && (answer.taskId !== taskId || answer.sent),
    );
    const taken = others.reduce((sum, answer) => sum + answer.items, 0);
    const free = Math.max(DAILY_LIMIT - taken, 0);
    const granted = items <= free ? items : some ? free : 0;
    room = { granted, before: taken + (own?.items ?? 0), after: taken + granted };
    return [...others, { ...own, taskId, asked, items: granted, ...(!some && { sent: true }) }];
  });
  return room;
}

/** Keeps room, and tells when the day is nearly full. */
export async function reserveQuota(
  { store, log }: { store: Store; log: Log },
  key: LedgerKey,
  wanted: { day: string; items: number; some: boolean },
): Promise<Room> {
  const room = await keepRoom(store, key, wanted);
  if (room.before < NEAR_DAILY_LIMIT && room.after >= NEAR_DAILY_LIMIT) {
    log("delivery.daily-limit-near", { jobId: key.jobId, items: room.after });
  }
  return room;
}

/** What the platform has refused takes nothing from its day. */
export async function giveRoomBack(store: Store, key: LedgerKey, day: string): Promise<void> {
  await keepRoom(store, key, { day, items: 0, some: false });
}

/** Writes down that the platform has accepted an answer, and which window has been answered. */
export async function recordAcceptance(
  store: Store,
  { jobId, taskId, asked }: LedgerKey,
  { day, acceptedAt, window }: { day: string; acceptedAt: string; window: Interval },
): Promise<void> {
  await changeDay(store, { jobId, day }, (answers) =>
    answers.map((answer) =>
      answer.taskId === taskId && answer.asked === asked ? { ...answer, acceptedAt } : answer,
    ),
  );
  const name = names.answered(jobId);
  await createDocument(store, name, answeredRecord, { windows: [] });
  await changeDocument(store, {
    name,
    type: answeredRecord,
    change: ({ windows }) => ({ windows: join([...windows, window]) }),
  });
}

/** Windows of which all posts that were known have been handed over, neighbours joined. */
export async function readAnswered(store: Store, jobId: string): Promise<Interval[]> {
  const document = await readDocument(store, names.answered(jobId), answeredRecord);
  return document?.value.windows ?? [];
}

/** The tasks that the platform accepted last, newest first, each once: as many as asked for, or all. */
export async function lastAccepted(store: Store, jobId: string, count: number): Promise<string[]> {
  const days = await Array.fromAsync(store.list(names.ledgers(jobId)));
  const taskIds = new Set<string>();
  for (const name of days.toReversed()) {
    const day = await readDocument(store, name, dayRecord);
    const accepted = (day?.value.answers ?? [])
      .flatMap(({ taskId, acceptedAt }) => (acceptedAt === undefined ? [] : { taskId, acceptedAt }))
      .toSorted((a, b) => compare(b.acceptedAt, a.acceptedAt));
    for (const { taskId } of accepted) {
      taskIds.add(taskId);
    }
    if (taskIds.size >= count) {
      break;
    }
  }
  return [...taskIds].slice(0, count);
}

/** Items of a day: accepted, or on their way. */
export async function countItems(store: Store, jobId: string, day: string): Promise<number> {
  const document = await readDocument(store, names.ledger(jobId, day), dayRecord);
  return document?.value.answers.reduce((sum, { items }) => sum + items, 0) ?? 0;
}

type Answers = RecordOf<typeof dayRecord>["answers"];

async function changeDay(
  store: Store,
  { jobId, day }: { jobId: string; day: string },
  change: (answers: Answers) => Answers,
): Promise<void> {
  const name = names.ledger(jobId, day);
  await createDocument(store, name, dayRecord, { answers: [] });
  await changeDocument(store, {
    name,
    type: dayRecord,
    change: ({ answers }) => ({ answers: change(answers) }),
  });
}
