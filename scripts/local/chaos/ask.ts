import { setTimeout as sleep } from "node:timers/promises";
import { Semaphore } from "async-mutex";
import type { Problem } from "../check/problem.ts";
import type { CompliancePortal } from "../portal/compliance-portal.ts";
import { planWindows } from "../portal/plan-windows.ts";
import type { Window } from "../portal/results.ts";
import type { LocalSystem } from "../system.ts";
import type { Random } from "../x/random.ts";
import type { User } from "../x/timeline.ts";
import { QUIET_DAYS } from "./accounts.ts";

export type Job = { portal: CompliancePortal; account: User };

/** What became of windows that were asked for: how many, and what was never answered. */
export type Asked = { windows: number; unanswered: Problem[] };

const WINDOWS_AT_A_TIME = 3;
const PAUSE_MS = 500;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/**
 * Half of all windows, those of the last hour among them; then X shows the posts that are late for
 * these, while the other half is asked for.
 */
export async function askForAll(
  { x }: LocalSystem,
  { jobs, windowHours, random }: { jobs: Job[]; windowHours: number; random: Random },
): Promise<Asked> {
  const signedInBy = Math.ceil(Date.now() / 1000) * 1000;
  const planned = jobs.map(({ portal, account }) => {
    const times = x.posts(account.id).map(({ createdAt }) => Date.parse(createdAt));
    const history = extentOf(times.filter((time) => time < QUIET_DAYS));
    const recent = extentOf(times.filter((time) => time > QUIET_DAYS));
    return {
      history: planWindows(...history, windowHours).map((window) => ({ portal, window })),
      recent: windowsUntil(recent[0], signedInBy).map((window) => ({ portal, window })),
    };
  });
  const history = random.shuffle(planned.flatMap((job) => job.history));
  const half = Math.ceil(history.length / 2);
  const limit = new Semaphore(WINDOWS_AT_A_TIME);
  const askInTurn = (windows: Question[]) =>
    windows.map((one) => limit.runExclusive(() => ask(one)));
  const recent = planned.flatMap((job) => job.recent);
  const first = await Promise.all([...recent.map(ask), ...askInTurn(history.slice(0, half))]);
  x.showLatePosts();
  const second = await Promise.all(askInTurn(history.slice(half)));
  const answers = [...first, ...second];
  return { windows: answers.length, unanswered: answers.flat() };
}

/**
 * Asks for windows without a post until all posts of `ids` are handed over or time is up, and for one
 * more, with which nothing may come again.
 */
export async function askUntilHandedOver(
  { importService }: LocalSystem,
  { jobs, ids, limitMs }: { jobs: Job[]; ids: ReadonlySet<string>; limitMs: number },
): Promise<Asked> {
  const deadline = Date.now() + limitMs;
  const answers: Problem[][] = [];
  const isMissing = () => {
    const accepted = importService.results().flatMap((result) => result.accepted);
    return !ids.isSubsetOf(new Set(accepted.map(({ postId }) => postId)));
  };
  const askAll = async (day: number) => {
    const window = { start: toUtcTime(day), end: toUtcTime(day + DAY_MS) };
    answers.push(...(await Promise.all(jobs.map(({ portal }) => ask({ portal, window })))));
  };
  let day = QUIET_DAYS;
  for (; isMissing() && Date.now() < deadline; day += DAY_MS) {
    await askAll(day);
    await sleep(PAUSE_MS);
  }
  await askAll(day);
  return { windows: answers.length, unanswered: answers.flat() };
}

type Question = { portal: CompliancePortal; window: Window };

function ask({ portal, window }: Question): Promise<Problem[]> {
  return portal.requestWindow(window).then(
    () => [],
    (error: unknown) => [{ what: String(error) }],
  );
}

/** Two windows, of which the second ends where the connector begins to read by itself, or later. */
function windowsUntil(first: Date, end: number): Window[] {
  const start = Math.floor(first.getTime() / MINUTE_MS) * MINUTE_MS;
  const middle = start + 30 * MINUTE_MS;
  return [
    { start: toUtcTime(start), end: toUtcTime(middle) },
    { start: toUtcTime(middle), end: toUtcTime(end) },
  ];
}

function extentOf(times: number[]): [first: Date, last: Date] {
  return [new Date(Math.min(...times)), new Date(Math.max(...times))];
}

/** Seconds are all that X knows. */
function toUtcTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
