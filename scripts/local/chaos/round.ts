import { check } from "../check/check.ts";
import type { Problem } from "../check/problem.ts";
import { readMailbox } from "../check/read-mailbox.ts";
import { readPages } from "../check/read-pages.ts";
import { type Decide, drawFaults } from "../faults/draw-faults.ts";
import { drawHeld } from "../faults/named-faults.ts";
import { createStriker } from "../faults/striker.ts";
import type { Limits } from "../portal/request-window.ts";
import type { Window } from "../portal/results.ts";
import { createProgress, type Progress } from "../progress.ts";
import type { Rewrite } from "../rewritten-app.ts";
import { FAULTS_QUEUE_SPEED, type LocalSystem, startLocalSystem } from "../system.ts";
import { createRandom } from "../x/random.ts";
import type { User } from "../x/timeline.ts";
import { generateAccounts, QUIET_DAYS } from "./accounts.ts";
import { askForAll, askUntilHandedOver, type Job } from "./ask.ts";
import { shortWaits } from "./short-waits.ts";

export type RoundOptions = {
  seed: number;
  /** Instead of what the seed draws. */
  decide?: Decide;
  instances?: number;
  /** How long nothing may move before a window counts as lost. Default: three minutes. */
  idleMs?: number;
  /** How long late posts may take once X shows them. Default: two minutes. */
  lateMs?: number;
  /** For tests that the checker bites. */
  rewrites?: readonly Rewrite[];
  /** Default: on standard error. */
  progress?: Progress;
};

export type RoundResult = {
  seed: number;
  instances: number;
  jobs: number;
  windows: number;
  posts: number;
  mailbox: number;
  /** Posts that X showed only after their window was answered, and how many came with a later one. */
  late: number;
  cameLate: number;
  duplicates: number;
  gaps: number;
  /** How often each fault struck: `<service> <fault>`. */
  faults: Record<string, number>;
  /**
   * How often X returned posts beyond the first time, and how often it may have been at most; not
   * counting those that the connector looks back at again and again.
   */
  returnedAgain: number;
  returnedAgainAtMost: number;
  seconds: number;
  problems: Problem[];
};

const PAGE_SIZE = 100;
const LIMITS = { pollMs: 250, insistMs: 90_000 };
const IDLE_MS = 180_000;
const LATE_MS = 120_000;
const LEASE_SECONDS = 6;
/** What the platform's SAS may allow: to write, or to create alone, with or without a look at what is there. */
const SAS_PERMISSIONS = ["w", "cw", "c", "cl", "rc", "rcl"] as const;

/**
 * One round: the real package, one to four instances, one to three jobs, windows in any order, and
 * faults wherever the connector calls out; some posts become visible after their window was answered.
 * In the end each post is in the mailbox once.
 */
export async function playRound(options: RoundOptions): Promise<RoundResult> {
  const { seed, decide, rewrites = [], idleMs = IDLE_MS, lateMs = LATE_MS } = options;
  const { progress = createProgress({ stream: process.stderr }) } = options;
  const random = createRandom(seed);
  const drawn = random.pick([1, 1, 2, 4]);
  const { instances = drawn } = options;
  const { timeline, accounts } = generateAccounts(seed, {
    more: random.int(0, 2),
    now: new Date(),
  });
  const windowHours = random.pick([6, 12, 24]);
  const rate = random.pick([0.02, 0.05, 0.1]);
  // Apart from the round's own: containers are asked for in no fixed order.
  const sasRandom = createRandom(seed);
  const [drawFault, holdFault] = [drawFaults({ seed, rate }), drawHeld(seed)];
  const struck = createStriker(decide ?? ((call) => drawFault(call) ?? holdFault(call)));
  const system = await startLocalSystem({
    timeline,
    history: true,
    progress,
    faults: struck.faults,
    instances,
    sasPermissions: () => sasRandom.pick(SAS_PERMISSIONS),
    queueSpeed: FAULTS_QUEUE_SPEED,
    config: { captureIntervalMinutes: "1" },
    rewrites: [...shortWaits({ leaseSeconds: LEASE_SECONDS }), ...rewrites],
  });
  const started = performance.now();
  try {
    struck.aimAt(() => system.site.kill());
    const jobs = await signIn(system, accounts, { ...LIMITS, idleMs });
    struck.begin();
    const all = await askForAll(system, { jobs, windowHours, random });
    const ids = timeline.latePosts;
    // Where windows stay without an answer, what waits for them waits in vain.
    const limitMs = all.unanswered.length > 0 ? 0 : lateMs;
    const more = await askUntilHandedOver(system, { jobs, ids, limitMs });
    const windows = all.windows + more.windows;
    struck.end();
    const problems = await checkJobs(system, jobs);
    // Earlier versions of edited posts have ids of their own, and stand beside these.
    const posts = new Set(
      jobs.flatMap(({ account }) => system.x.posts(account.id).map(({ id }) => id)),
    );
    const mailbox = await readMailbox(system.mailboxFolder);
    return {
      seed,
      instances,
      jobs: jobs.length,
      windows,
      posts: posts.size,
      mailbox: mailbox.filter(({ postId }) => posts.has(postId)).length,
      late: ids.size,
      cameLate: countLate(system, posts),
      duplicates: problems.duplicates,
      gaps: problems.gaps,
      faults: struck.counts(),
      returnedAgain: countReturnedAgain(system, jobs),
      // Each fault may make one page of posts be read again; X bills it once a day all the same.
      returnedAgainAtMost: PAGE_SIZE * (struck.total() + windows + jobs.length),
      seconds: Number(((performance.now() - started) / 1000).toFixed(1)),
      problems: [...all.unanswered, ...more.unanswered, ...problems.found],
    };
  } finally {
    struck.end();
    await system.close();
  }
}

async function signIn(
  system: LocalSystem,
  accounts: User[],
  limits: Partial<Limits>,
): Promise<Job[]> {
  const jobs: Job[] = [];
  for (const account of accounts) {
    const portal = system.openPortal(limits);
    await portal.validate();
    await portal.signIn(account.username);
    jobs.push({ portal, account });
  }
  return jobs;
}

/** How many posts of the timeline came with a task of another window than their own. */
function countLate({ importService }: LocalSystem, posts: ReadonlySet<string>): number {
  const isLate = (sentTimeUtc: string, { start, end }: Window) =>
    Date.parse(sentTimeUtc) < Date.parse(start) || Date.parse(sentTimeUtc) >= Date.parse(end);
  return importService
    .results()
    .flatMap(({ window, accepted }) => accepted.filter((item) => isLate(item.sentTimeUtc, window)))
    .filter(({ postId }) => posts.has(postId)).length;
}

function countReturnedAgain({ x }: LocalSystem, jobs: Job[]): number {
  return jobs
    .flatMap(({ account }) => x.posts(account.id))
    .filter(({ createdAt }) => Date.parse(createdAt) < QUIET_DAYS)
    .reduce((sum, { id }) => sum + Math.max((x.returned(id) ?? 0) - 1, 0), 0);
}

async function checkJobs(
  system: LocalSystem,
  jobs: Job[],
): Promise<{ found: Problem[]; duplicates: number; gaps: number }> {
  const { x, azure, importService, mailboxFolder } = system;
  const mailbox = await readMailbox(mailboxFolder);
  const pages = await readPages(azure.readContainer("evidence"));
  const findings = importService.findings();
  const verdicts = await Promise.all(
    jobs.map(async ({ portal, account }, index) => {
      const status = await portal.readStatus();
      const job = status.jobs.find(({ jobId }) => jobId === portal.jobId);
      const verdict = check({
        accountId: account.id,
        truth: x.posts(account.id),
        gaps: job?.gaps ?? [],
        mailbox: mailbox.filter((mail) => mail.account === account.id),
        results: importService.results().filter(({ jobId }) => jobId === portal.jobId),
        findings: index === 0 ? findings : [],
        pages,
      });
      return { ...verdict, gaps: job?.gaps.length ?? 0 };
    }),
  );
  return {
    found: verdicts.flatMap(({ problems }) => problems),
    duplicates: verdicts.reduce((sum, { duplicates }) => sum + duplicates, 0),
    gaps: verdicts.reduce((sum, { gaps }) => sum + gaps, 0),
  };
}
