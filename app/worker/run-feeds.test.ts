import { expect, it, vi } from "vitest";
import { names } from "../archive/names.ts";
import { readManifest } from "../delivery/manifest.ts";
import { ConnectorError } from "../errors.ts";
import type { Feed } from "../feeds/feed.ts";
import { MENTIONS } from "../feeds/mentions.ts";
import { POSTS } from "../feeds/posts.ts";
import { PROFILE } from "../feeds/profile.ts";
import { readRunState } from "../feeds/run-state.ts";
import { readStatements } from "../feeds/statements.ts";
import { ACCOUNT } from "../testing/harness.ts";
import { JOB, WORK_BEGINS, type Workbench, useWorkbench } from "../testing/workbench.ts";
import type { Twitter } from "../twitter/client.ts";

let bench: Workbench;
useWorkbench((made) => {
  bench = made;
  bench.onAccount(async () => answer(ACCOUNT));
});

it("A version of the profile goes out with the task that finds it, once, and the next with its own", async () => {
  let user: object = ACCOUNT;
  start(async () => answer(user));
  await work("task-1", "01");
  await work("task-2", "02");
  user = { ...ACCOUNT, name: "Large" };
  await work("task-3", "03");
  const lists = bench.platform.completions.map(({ items }) => items.map(({ id }) => id));
  expect(lists).toEqual([
    [expect.stringMatching(/^profile-42-20260601T1200\d\dZ$/)],
    [],
    [expect.stringMatching(/^profile-42-20260601T1200\d\dZ$/)],
  ]);
  const uploaded = [...bench.uploads.keys()].filter((name) => name.includes("profile-"));
  expect(uploaded).toHaveLength(2);
});

it("A feed that X refuses waits by itself, and says so; the window goes out, and so does the feed later", async () => {
  let isRefused = true;
  let asked = 0;
  start(async () => {
    asked += 1;
    if (isRefused) {
      throw new ConnectorError("x-forbidden", "X answered 403");
    }
    return answer(ACCOUNT);
  });
  await work("task-1", "01");
  await work("task-2", "02");
  expect(asked).toBe(1);
  expect(bench.log.of("feed.refused")).toMatchObject([{ feed: "profile", code: "x-forbidden" }]);
  expect(bench.platform.completions).toMatchObject([{ items: [] }, { items: [] }]);
  const job = { jobId: JOB, createdAt: WORK_BEGINS };
  expect(
    await readStatements(bench.store, job, { isOn: isProfileOrPosts, feeds: [POSTS, PROFILE] }),
  ).toMatchObject([
    { feed: "posts", isOn: true },
    { feed: "profile", isOn: true, versions: 0, reason: "X answered 403" },
  ]);
  isRefused = false;
  await vi.advanceTimersByTimeAsync(61 * 60_000);
  await work("task-3", "03");
  expect(bench.platform.completions[2]?.items).toHaveLength(1);
  expect(await readRunState(bench.store, { jobId: JOB, feed: PROFILE })).not.toHaveProperty(
    "reason",
  );
});

it("A list says of each feed what is archived of it; one that is switched off, since when it is not", async () => {
  start(async () => answer(ACCOUNT));
  await work("task-1", "01");
  await bench.clear();
  bench.start();
  await work("task-2", "02");
  const text = Buffer.from(
    (await bench.store.read(names.manifest(JOB, "task-2")))?.body ?? "",
  ).toString();
  expect(text).toContain('"feed":"profile","isOn":false,"since":"2026-06-01T12:00');
  const list = await readManifest(bench.store, { jobId: JOB, taskId: "task-1", answer: 1 });
  expect(list && (await Array.fromAsync(list.entries()))).toMatchObject([
    { feed: "profile", format: PROFILE.format },
  ]);
});

it("Without a feed but posts, X is asked for nothing else, and nothing is noted", async () => {
  const read = vi.fn<Twitter["read"]>();
  bench.start({ twitter: { ...bench.twitter, timeline: async () => noPosts(), read } });
  await work("task-1", "01");
  expect(read).not.toHaveBeenCalled();
  expect([...bench.store.blobs.keys()].filter((name) => name.includes("/profile/"))).toEqual([]);
});

function isProfileOrPosts({ name }: Feed): boolean {
  return name !== MENTIONS.name;
}

function start(read: Twitter["read"]): void {
  bench.start({
    isOn: isProfileOrPosts,
    twitter: {
      ...bench.twitter,
      account: async () => answer(ACCOUNT),
      timeline: async () => noPosts(),
      read,
    },
  });
}

async function work(taskId: string, day: string): Promise<void> {
  const window = { start: `2026-01-${day}T00:00:00Z`, end: `2026-01-${day}T12:00:00Z` };
  await bench.accept(taskId, { window });
  await vi.advanceTimersByTimeAsync(10_000);
}

function answer(user: object) {
  const receivedat = new Date().toISOString();
  return { body: Buffer.from(JSON.stringify({ data: user })), about: { receivedat } };
}

function noPosts() {
  const receivedat = new Date().toISOString();
  return { body: Buffer.from('{"meta":{"result_count":0}}'), about: { receivedat } };
}
