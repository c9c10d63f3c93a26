import { afterEach, describe, expect, it } from "vitest";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { postAt, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import type { Post } from "../../scripts/local/x/timeline.ts";
import { capture } from "../capture/capture.ts";
import { LOOK_BACK_SECONDS, lookBackFrom } from "../capture/look-back.ts";
import { scheduledCaptureDepsOf, pass } from "../testing/capture-runs.ts";
import { archivedIds, captureDepsOf, hiding, SOURCE, watch } from "../testing/captures.ts";
import { addJob, createParts, type Parts, X_KEYS } from "../testing/harness.ts";
import { parsePage } from "../twitter/page.ts";
import { startSchedule } from "../worker/capture-schedule.ts";
import { holdLateRecords } from "./late-records.ts";
import { readOutbox, removeFromOutbox } from "./outbox.ts";

const FIRST = { start: "2026-06-01T12:00:00Z", end: "2026-06-01T12:14:00Z" };
const [EARLY, LATE, NEXT] = [postOf("12:02"), postOf("12:10"), postOf("12:20")];

let x: LocalX;
afterEach(() => x.close());

describe("A post that becomes visible late", () => {
  it("waits in the outbox, on the page that holds it, and comes with its own window", async () => {
    const parts = await startJob([NEXT, LATE, EARLY]);
    await passHiding(parts, [LATE.id]);
    expect(await archivedIds(parts, FIRST)).toEqual([EARLY.id]);
    await pass(parts, 1);
    const [entry, ...others] = await outboxOf(parts);
    expect(entry).toMatchObject({ id: LATE.id, reason: "late" });
    expect(others).toEqual([]);
    const page = parts.store.blobs.get(entry?.pages[0] ?? "");
    expect(parsePage(page?.body ?? Buffer.from("")).posts.map(({ id }) => id)).toContain(LATE.id);
    expect(await archivedIds(parts, FIRST)).toEqual([LATE.id, EARLY.id]);
    expect(parts.log.of("capture.late-post")).toMatchObject([{ jobId: "job-1", postId: LATE.id }]);
    expect(x.reads()).toBe(3);
  });

  it("is found again by the next beat where the one that found it was cut off", async () => {
    const parts = await startJob([NEXT, LATE, EARLY]);
    await passHiding(parts, [LATE.id], 2);
    const die = async () => {
      throw new Error("the process dies");
    };
    await pass(
      parts,
      1,
      scheduledCaptureDepsOf(parts, { posts: 3, store: { ...parts.store, replace: die } }),
    ).catch(() => undefined);
    expect(await archivedIds(parts, FIRST)).toEqual([EARLY.id]);
    await pass(parts, 1);
    expect(await outboxOf(parts)).toHaveLength(1);
    expect(await archivedIds(parts, FIRST)).toEqual([LATE.id, EARLY.id]);
  });

  it("does not wait anew for a process that found it, too, and comes when it has gone out", async () => {
    const parts = await startJob([NEXT, LATE, EARLY]);
    await passHiding(parts, [LATE.id]);
    await pass(parts, 1);
    const page = (await outboxOf(parts))[0]?.pages[0] ?? "";
    await removeFromOutbox(parts.store, "job-1", { feed: "posts", id: LATE.id, pages: [page] });
    const about = { createdAt: "2026-06-01T12:10:00Z", isEdited: false, page };
    const found = { id: LATE.id, as: "found" as const, ...about };
    await holdLateRecords(captureDepsOf(parts, { posts: 3 }))(SOURCE, [found]);
    expect(await outboxOf(parts)).toEqual([]);
  });

  it("is found for an hour and a quarter, and what is known is not taken for late", async () => {
    const parts = await startJob([NEXT, LATE, EARLY]);
    await passHiding(parts, [LATE.id], 5);
    expect(await outboxOf(parts)).toEqual([]);
    await pass(parts, 1);
    expect(await outboxOf(parts)).toMatchObject([{ id: LATE.id }]);
  });

  it("is found by a window, too, where X gives it with newer posts", async () => {
    const parts = await startJob([NEXT, LATE, EARLY]);
    const before = { start: "2026-06-01T11:00:00Z", end: "2026-06-01T12:15:00Z" };
    const after = { start: before.end, end: "2026-06-01T13:00:00Z" };
    parts.clock.set("2026-06-01T14:00:00Z");
    const twitter = hiding(parts.twitter, new Set([LATE.id]));
    await capture(captureDepsOf(parts, { twitter, posts: 3 }), SOURCE, before);
    await capture(captureDepsOf(parts, { posts: 3 }), SOURCE, after);
    expect(await outboxOf(parts)).toMatchObject([{ id: LATE.id, reason: "late" }]);
    expect(await archivedIds(parts, before)).toEqual([LATE.id, EARLY.id]);
  });
});

it("A post that is found on the next day comes with its own window, which ended before", async () => {
  const late = postAt("2026-05-30T23:40:00.000Z");
  const parts = await startJob([late]);
  const times = ["30T23:30", "30T23:45", "31T00:00", "31T00:15"].map(
    (time) => `2026-05-${time}:00Z`,
  );
  const windows = times.slice(1).map((end, index) => ({ start: times[index] ?? "", end }));
  for (const [index, window] of windows.entries()) {
    const twitter = index < 2 ? hiding(parts.twitter, new Set([late.id])) : parts.twitter;
    const deps = captureDepsOf(parts, { twitter, posts: 1 });
    await capture(deps, SOURCE, window, { lookBackSeconds: LOOK_BACK_SECONDS });
  }
  expect(await outboxOf(parts)).toMatchObject([{ id: late.id }]);
  expect(await archivedIds(parts, windows[0] ?? FIRST)).toEqual([late.id]);
});

describe("A post that was edited", () => {
  const history = [EARLY.id, postOf("12:25").id];
  const edited = { ...EARLY, id: history[1] ?? "", edit_history_tweet_ids: history };

  it.each([
    ["its old time", edited],
    ["a time of its own", { ...edited, created_at: "2026-06-01T12:25:00.000Z" }],
  ])("is archived in both versions where X gives the new one %s", async (_title, version) => {
    const parts = await startJob([version], [{ ...EARLY, edit_history_tweet_ids: history }]);
    const first = await startSmallX([EARLY], { keys: X_KEYS });
    const { twitter } = createParts(first.url);
    await pass(parts, 1, scheduledCaptureDepsOf(parts, { twitter, posts: 1 }));
    await first.close();
    await pass(parts, 1);
    const window = { start: FIRST.start, end: "2026-06-01T12:29:00Z" };
    expect(await archivedIds(parts, window)).toEqual(history.toReversed());
    const isOld = version.created_at === EARLY.created_at;
    expect((await outboxOf(parts)).map(({ id }) => id)).toEqual(isOld ? [edited.id] : []);
  });
});

describe("An earlier version that was never read", () => {
  const history = [EARLY.id, LATE.id];
  const newest = { ...LATE, edit_history_tweet_ids: history };

  it("waits for its window, on the page of the newest, and is not found again", async () => {
    const parts = await startJob([newest], [{ ...EARLY, edit_history_tweet_ids: history }]);
    await pass(parts, 1);
    const [entry, ...others] = await outboxOf(parts);
    expect(entry).toMatchObject({ id: EARLY.id, reason: "late" });
    expect(others).toEqual([]);
    await removeFromOutbox(parts.store, "job-1", entry ?? { feed: "", id: "", pages: [] });
    await pass(parts, 3);
    expect(await outboxOf(parts)).toEqual([]);
    expect(x.reads()).toBe(1);
  });

  it("waits though X hands it out only when the newest is read again", async () => {
    const parts = await startJob([newest], []);
    await pass(parts, 1);
    expect(await outboxOf(parts)).toEqual([]);
    const later = await startSmallX([newest, NEXT], { keys: X_KEYS, otherPosts: [EARLY] });
    const { twitter } = createParts(later.url);
    await pass(parts, 1, scheduledCaptureDepsOf(parts, { twitter, posts: 2 }));
    await later.close();
    expect(await outboxOf(parts)).toMatchObject([{ id: EARLY.id }]);
  });
});

describe("Looking back", () => {
  it("reads again what was read, from the sign-in on, and bills no post twice on a day", async () => {
    const posts = ["12:50", "12:02", "11:59"].map(postOf);
    const parts = await startJob(posts);
    const twitter = watch(parts.twitter);
    await pass(parts, 8, scheduledCaptureDepsOf(parts, { twitter, posts: 3 }));
    const first = twitter.queries.filter(({ untilId }) => untilId === undefined);
    expect(first.map(({ startTime }) => startTime?.slice(11, 19))).toEqual([
      ...Array.from({ length: 6 }, () => "12:00:00"),
      "12:14:00",
      "12:29:00",
    ]);
    expect(x.reads()).toBe(2);
  });

  it.each<[string, [string, string][], string]>([
    ["no further than what is known", [["11:30", "12:00"]], "11:30"],
    [
      "across what lies side by side",
      [
        ["10:00", "11:30"],
        ["11:30", "12:00"],
      ],
      "10:45",
    ],
    [
      "not across a hole",
      [
        ["10:00", "11:29"],
        ["11:30", "12:00"],
      ],
      "11:30",
    ],
    [
      "not at all where nothing is known before",
      [
        ["10:00", "11:00"],
        ["12:00", "13:00"],
      ],
      "12:00",
    ],
  ])("goes %s", (_title, known, from) => {
    const intervals = known.map(([start, end]) => ({
      start: at(start),
      end: at(end),
      captureId: "1",
      posts: 0,
    }));
    expect(lookBackFrom(at("12:00"), LOOK_BACK_SECONDS, { intervals, gaps: [] })).toBe(at(from));
  });
});

async function startJob(posts: Post[], otherPosts: Post[] = []): Promise<Parts> {
  x = await startSmallX(posts, { keys: X_KEYS, otherPosts });
  const parts = createParts(x.url);
  await addJob(parts, "job-1");
  await startSchedule(scheduledCaptureDepsOf(parts), "job-1");
  return parts;
}

function passHiding(parts: Parts, ids: string[], beats = 1): Promise<void> {
  const twitter = hiding(parts.twitter, new Set(ids));
  return pass(parts, beats, scheduledCaptureDepsOf(parts, { twitter, posts: 3 }));
}

function outboxOf({ store }: Parts) {
  return Array.fromAsync(readOutbox(store, "job-1"));
}

function postOf(time: string): Post {
  return postAt(`2026-06-01T${time}:00.000Z`);
}

function at(time: string): string {
  return `2026-06-01T${time}:00Z`;
}
