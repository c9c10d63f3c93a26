import { createReadStream } from "node:fs";
import { appendFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { compare, type Interval } from "../../app/time/intervals.ts";
import type { Delivered } from "./delivered.ts";

const LINES_AT_A_TIME = 1000;

/**
 * Items by the UTC day of their posts, in files of a folder: an archive of any number of years is put
 * into the order of time with no more than a day of it in memory.
 */
export type Days = {
  add: (item: Delivered) => Promise<void>;
  /** The days that have items, oldest first. To be asked for when all are in. */
  list: () => Promise<string[]>;
  /** The items of a day, by time and then by id, each version of a post once. */
  read: (day: string) => Promise<Delivered[]>;
};

export async function createDays(folder: string, range: Interval): Promise<Days> {
  await mkdir(folder, { recursive: true });
  const waiting = new Map<string, string[]>();
  let lines = 0;
  const flush = async () => {
    for (const [day, texts] of waiting) {
      await appendFile(join(folder, day), texts.join(""));
    }
    waiting.clear();
    lines = 0;
  };
  return {
    async add(item) {
      if (item.createdAt < range.start || item.createdAt >= range.end) {
        return;
      }
      const day = item.createdAt.slice(0, 10);
      const texts = waiting.get(day) ?? [];
      texts.push(`${JSON.stringify(item)}\n`);
      waiting.set(day, texts);
      lines += 1;
      if (lines >= LINES_AT_A_TIME) {
        await flush();
      }
    },
    async list() {
      await flush();
      return (await readdir(folder)).toSorted(compare);
    },
    read: (day) => readDay(join(folder, day)),
  };
}

const deliveredSchema = z.custom<Delivered>((value) => typeof value === "object" && value !== null);

async function readDay(file: string): Promise<Delivered[]> {
  const items = new Map<string, Delivered>();
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const item = deliveredSchema.parse(JSON.parse(line));
    const { feed, id, modificationTimestampUtc } = item.entry;
    const key = `${feed}/${id} ${modificationTimestampUtc}`;
    items.set(key, items.get(key) ?? item);
  }
  return [...items.values()].toSorted(
    (one, other) =>
      compare(one.createdAt, other.createdAt) || compareIds(one.entry.id, other.entry.id),
  );
}

/** Ids of X are numbers of any length. */
function compareIds(one: string, other: string): number {
  return one.length - other.length || compare(one, other);
}
