import pLimit from "p-limit";
import { check, type Problem } from "../check/check.ts";
import { readMailbox } from "../check/read-mailbox.ts";
import { readPages } from "../check/read-pages.ts";
import { type Decide, drawFaults } from "../faults/draw-faults.ts";
import { createStriker } from "../faults/striker.ts";
import { planWindows } from "../portal/plan-windows.ts";
import type { CompliancePortal } from "../portal/compliance-portal.ts";
import type { Limits } from "../portal/request-window.ts";
import type { Window } from "../portal/results.ts";
import { createProgress } from "../progress.ts";
import type { Rewrite } from "../rewritten-app.ts";
import { FAULTS_QUEUE_SPEED, type LocalSystem, startLocalSystem } from "../system.ts";
import { createRandom, type Random } from "../x/random.ts";
import type { User } from "../x/timeline.ts";
import { generateAccounts } from "./accounts.ts";

export type RoundOptions = {
  seed: number;
  /** Instead of what the seed draws. */
  decide?: Decide;
  instances?: number;
  /** How long nothing may move before a window counts as lost. Default: three minutes. */
  idleMs?: number;
  /** For tests that the checker bites. */
  rewrites?: readonly Rewrite[];
};

export type RoundResult = {
  seed: number;
  instances: number;
  jobs: number;
  windows: number;
  posts: number;
  mailbox: number;
  duplicates: number;
  gaps: number;
  /** How often each fault struck: `<service> <fault>`. */
  faults: Record<string, number>;
  /** Posts that X returned beyond the first time, and how many it may have been at most. */
  returnedAgain: number;
  returnedAgainAtMost: number;
  seconds: number;
  problems: Problem[];
  logFile: string;
};

const PAGE_SIZE = 100;
const LIMITS = { pollMs: 250, insistMs: 90_000 };
const IDLE_MS = 180_000;
const WINDOWS_AT_A_TIME = 3;

/**
 * Leases a tenth as long, and renewed ten times as often: whoever is killed is missed in seconds, and
 * nothing else is changed.
 */
const SHORT_LEASES: Rewrite[] = [
  {
    file: "app/work/keep-lease.ts",
    pattern: /LEASE_MS = 120_000/,
    replacement: "LEASE_MS = 12_000",
  },
  { file: "app/work/keep-lease.ts", pattern: /RENEW_MS = 40_000/, replacement: "RENEW_MS = 4_000" },
];

/**
 * One round: the real package, one to four instances, one to three jobs, windows in any order, and
 * faults wherever the connector calls out. In the end each post is in the mailbox once.
 */
export async function playRound(options: RoundOptions): Promise<RoundResult> {
  const { seed, decide, rewrites = [], idleMs = IDLE_MS } = options;
  const random = createRandom(seed);
  const drawn = random.pick([1, 1, 2, 4]);
  const { instances = drawn } = options;
  const { timeline, accounts } = generateAccounts(seed, random.int(0, 2));
  const windowHours = random.pick([6, 12, 24]);
  const rate = random.pick([0.02, 0.05, 0.1]);
  const struck = createStriker(decide ?? drawFaults({ seed, rate }));
  const system = await startLocalSystem({
    timeline,
    history: true,
    progress: createProgress({ stream: process.stderr }),
    faults: struck.faults,
    instances,
    queueSpeed: FAULTS_QUEUE_SPEED,
    config: { captureIntervalMinutes: "1" },
    rewrites: [...SHORT_LEASES, ...rewrites],
  });
  const started = performance.now();
  try {
    struck.aimAt(() => system.site.kill());
    const jobs = await signIn(system, accounts, { ...LIMITS, idleMs });
    struck.begin();
    const { windows, unanswered } = await askForAll(system, { jobs, windowHours, random });
    struck.end();
    const problems = await checkJobs(system, jobs);
    const returned = system.x.returned() ?? 0;
    const posts = jobs.reduce((sum, { account }) => sum + system.x.posts(account.id).length, 0);
    const mailbox = await readMailbox(system.mailboxFolder);
    return {
      seed,
      instances,
      jobs: jobs.length,
      windows,
      posts,
      mailbox: mailbox.length,
      duplicates: problems.duplicates,
      gaps: problems.gaps,
      faults: struck.counts(),
      returnedAgain: Math.max(returned - posts, 0),
      // Each fault may make one page of posts be read again; X bills it once a day all the same.
      returnedAgainAtMost: PAGE_SIZE * (struck.total() + windows + jobs.length),
      seconds: Number(((performance.now() - started) / 1000).toFixed(1)),
      problems: [...unanswered, ...problems.found],
      logFile: system.site.logFile,
    };
  } finally {
    struck.end();
    await system.close();
  }
}

type Job = { portal: CompliancePortal; account: User };

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

async function askForAll(
  { x }: LocalSystem,
  { jobs, windowHours, random }: { jobs: Job[]; windowHours: number; random: Random },
): Promise<{ windows: number; unanswered: Problem[] }> {
  const limit = pLimit(WINDOWS_AT_A_TIME);
  const asked: { portal: CompliancePortal; window: Window }[] = [];
  for (const { portal, account } of jobs) {
    const times = x.posts(account.id).map(({ createdAt }) => Date.parse(createdAt));
    const [first, last] = [Math.min(...times), Math.max(...times)];
    const windows = planWindows(new Date(first), new Date(last), windowHours);
    asked.push(...windows.map((window) => ({ portal, window })));
  }
  const answers = await Promise.all(
    random.shuffle(asked).map(({ portal, window }) =>
      limit(async () => {
        await portal.requestWindow(window);
        return [];
      }).catch((error: unknown) => [{ what: String(error) }]),
    ),
  );
  return { windows: asked.length, unanswered: answers.flat() };
}

async function checkJobs(
  system: LocalSystem,
  jobs: Job[],
): Promise<{ found: Problem[]; duplicates: number; gaps: number }> {
  const { x, azure, importService, mailboxFolder } = system;
  const mailbox = await readMailbox(mailboxFolder);
  const pages = await readPages(azure.readContainer("archive"));
  const findings = importService.findings();
  const verdicts = await Promise.all(
    jobs.map(async ({ portal, account }, index) => {
      const status = await portal.readStatus();
      const job = status.jobs.find(({ jobId }) => jobId === portal.jobId);
      const verdict = check({
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
