import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { postAt } from "../../scripts/local/x/testing/small-timeline.ts";
import { forgetJob, readJob } from "../jobs/job.ts";
import { COMPLETION_STATUS } from "../import-service/client.ts";
import { captureDepsOf } from "../testing/captures.ts";
import { ACCOUNT, addJob, createParts, type Parts } from "../testing/harness.ts";
import { SAS_URI } from "../testing/platform-calls.ts";
import { type ScriptedAnswer, type ScriptedX, startScriptedX } from "../testing/serve-x.ts";
import { acceptTask, readTask } from "./task.ts";
import { startWorker, type Worker } from "./worker.ts";

const PROBLEMS = "https://api.x.com/2/problems";
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const [NEWER, OLDER] = ["18", "06"].map((hour) => postAt(`2026-01-01T${hour}:00:00.000Z`));
const FIRST_PAGE = pageOf([NEWER], { next_token: "older" });
const SECOND_PAGE = pageOf([OLDER], {});

let x: ScriptedX;
let parts: Parts;
let worker: Worker;
/** What X says when it is asked for the second page of the window. */
let second: () => ScriptedAnswer;
let uploads: Map<string, string>;

beforeEach(async () => {
  second = () => SECOND_PAGE;
  x = await startScriptedX(({ path }) =>
    path.includes("pagination_token") ? second() : FIRST_PAGE,
  );
  parts = createParts(x.url);
  uploads = new Map();
  await addJob(parts, "job-1");
  await acceptTask(parts.store, {
    jobId: "job-1",
    taskId: "task-1",
    window: { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" },
    dirtyIds: [],
    sealedSas: await parts.sealer.seal(SAS_URI),
    acceptedAt: parts.clock.now().toISOString(),
  });
  await parts.queue.send({ jobId: "job-1", taskId: "task-1" });
});
afterEach(async () => {
  await worker.stop();
  await x.close();
});

/** What X answers once it has happened, and what is done about it. */
const MENDED_BY_A_PERSON: [
  string,
  ScriptedAnswer,
  { code: string; event: string; waitMs: number; times?: number },
][] = [
  [
    "its token is revoked",
    { status: 401, body: { errors: [{ code: 89, message: "Invalid or expired token." }] } },
    { code: "x-token-refused", event: "job.needs-sign-in", waitMs: 5 * MINUTE_MS, times: 2 },
  ],
  [
    "it is protected and the token's owner may not see it",
    { status: 200, body: { errors: [{ value: "42", title: "Authorization Error" }] } },
    { code: "x-forbidden", event: "x.forbidden", waitMs: HOUR_MS },
  ],
  [
    "it is suspended",
    { status: 200, body: { errors: [{ value: "42", title: "Forbidden" }] } },
    { code: "x-forbidden", event: "x.forbidden", waitMs: HOUR_MS },
  ],
  [
    "the X app loses its permission to read",
    { status: 403, body: { title: "Forbidden", type: `${PROBLEMS}/oauth1-permissions` } },
    { code: "x-forbidden", event: "x.forbidden", waitMs: HOUR_MS },
  ],
  [
    "the X app is no longer enrolled",
    { status: 403, body: { title: "Client Forbidden", type: `${PROBLEMS}/client-forbidden` } },
    { code: "x-forbidden", event: "x.forbidden", waitMs: HOUR_MS },
  ],
  [
    "the X app's credits are spent",
    { status: 402, body: { title: "Payment Required", type: `${PROBLEMS}/credits-depleted` } },
    { code: "x-credits-spent", event: "x.credits-spent", waitMs: HOUR_MS },
  ],
];

describe("While a window of an account is read", () => {
  it.each(MENDED_BY_A_PERSON)(
    "%s: it is told, waits, and goes on where it stopped once that is mended",
    async (_title, answer, { code, event, waitMs, times = 1 }) => {
      second = () => answer;
      start();
      for (let time = 1; time <= times; time += 1) {
        await settled("task.waiting", time);
        parts.clock.advance(time < times ? waitMs : 0);
        worker.wake();
      }
      expect(parts.log.of("task.waiting").at(-1)).toMatchObject({ taskId: "task-1", code });
      expect(parts.log.of(event)).toMatchObject([{ jobId: "job-1" }]);
      expect(await taskOf()).toMatchObject({ state: "waiting", attempts: 0 });
      expect(parts.platform.completions).toEqual([]);

      second = () => SECOND_PAGE;
      await addJob(parts, "job-1");
      parts.clock.advance(waitMs);
      worker.wake();
      await settled("task.delivered");
      expect(idsHandedOver()).toEqual([OLDER?.id, NEWER?.id]);
      // The first page is not paid for again.
      const first = x.requests.filter(({ url }) => !/pagination_token|until_id/.test(url));
      expect(first).toHaveLength(1);
    },
  );

  it("the job is removed: the platform is told, and nothing is handed over", async () => {
    second = () => {
      void removeJob();
      return { status: 401, body: { errors: [{ code: 89, message: "Invalid token." }] } };
    };
    start();
    await settled("task.waiting");
    parts.clock.advance(5 * MINUTE_MS);
    worker.wake();
    await settled("task.failed");
    await vi.waitFor(() =>
      expect(parts.platform.completions).toMatchObject([
        { status: COMPLETION_STATUS.permanentFailure, items: [] },
      ]),
    );
    expect(uploads.size).toBe(0);
    expect(parts.log.of("task.failed")).toMatchObject([{ code: "job-gone" }]);
    expect(parts.queue.poisoned()).toEqual([]);
  });

  it("the account is renamed: nothing is missed, and the item says what X said", async () => {
    const renamed = { id: "42", username: "renamed", name: "Renamed" };
    second = () => pageOf([OLDER], {}, renamed);
    start();
    await settled("task.delivered");
    expect(idsHandedOver()).toEqual([OLDER?.id, NEWER?.id]);
    const [older, newer] = [OLDER, NEWER].map((post) => uploads.get(`${post?.id}.json`) ?? "");
    expect(older).toContain("Account: Renamed (@renamed)");
    expect(newer).toContain("Account: Small (@small)");
  });
});

function start(): void {
  const { queue, sealer, platform, settings } = parts;
  worker = startWorker(
    {
      ...captureDepsOf(parts, { posts: 2 }),
      queue,
      sealer,
      platform,
      fetchMedia: async () => ({ refusal: "no post here has media" }),
      sasHosts: settings.SAS_HOSTS,
      uploadConcurrency: 1,
      createUpload: () => async (fileName, body) => {
        uploads.set(fileName, Buffer.from(body).toString("utf8"));
      },
      captureIntervalMs: 0,
    },
    { concurrency: 1 },
  );
}

async function settled(event: string, times = 1): Promise<void> {
  const isThere = () => expect(parts.log.of(event).length).toBeGreaterThanOrEqual(times);
  await vi.waitFor(isThere, { timeout: 5_000 });
}

async function removeJob(): Promise<void> {
  const job = await readJob(parts.store, "job-1");
  if (job) {
    await forgetJob(parts.store, job, parts.clock.now());
  }
}

function taskOf() {
  return readTask(parts.store, "job-1", "task-1");
}

function idsHandedOver(): string[] {
  return parts.platform.completions.flatMap(({ items }) => items.map(({ id }) => id));
}

function pageOf(posts: unknown[], meta: object, user = ACCOUNT): ScriptedAnswer {
  const body = {
    data: posts,
    includes: { users: [user] },
    meta: { result_count: posts.length, ...meta },
  };
  return { status: 200, body };
}
