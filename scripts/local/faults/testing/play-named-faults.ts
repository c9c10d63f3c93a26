import { setTimeout as sleep } from "node:timers/promises";
import { shortWaits } from "../../chaos/short-waits.ts";
import { check } from "../../check/check.ts";
import { readMailbox } from "../../check/read-mailbox.ts";
import { readPages } from "../../check/read-pages.ts";
import type { CompliancePortal } from "../../portal/compliance-portal.ts";
import type { Window } from "../../portal/results.ts";
import { createProgress } from "../../progress.ts";
import { FAULTS_QUEUE_SPEED, type LocalSystem, startLocalSystem } from "../../system.ts";
import type { Decide } from "../draw-faults.ts";
import { NAMED_FAULTS, needsNewProcess, strike, timesOf } from "../named-faults.ts";
import { createStriker } from "../striker.ts";
import { ACCOUNT, makeTimeline, toWindow } from "./hours.ts";

const SUCCESS = "success";
/** Windows without an answer; each takes as long as nothing may move. */
const GIVE_UP_AFTER = 5;
const LEASE_SECONDS = 2;
const LIMITS = { pollMs: 100, insistMs: 20_000, idleMs: 20_000 };

/** How often a fault had struck when its window was answered, and how that was. */
type Outcome = { struck: number; answer: string };

/**
 * `node play-named-faults.ts`: one local system, one window for each named fault, one after another;
 * what became of each, and what the checker says in the end, goes to standard output as JSON.
 */
async function main(): Promise<void> {
  let decide: Decide = () => undefined;
  let sasPermissions = "w";
  const striker = createStriker((call) => decide(call));
  const system = await startLocalSystem({
    timeline: makeTimeline(
      Object.keys(NAMED_FAULTS).length,
      Object.keys(NAMED_FAULTS).indexOf("x-empty-page"),
    ),
    history: true,
    progress: createProgress({ stream: process.stderr }),
    faults: striker.faults,
    sasPermissions: () => sasPermissions,
    queueSpeed: FAULTS_QUEUE_SPEED,
    config: { captureIntervalMinutes: "0" },
    rewrites: shortWaits({ leaseSeconds: LEASE_SECONDS }),
  });
  try {
    striker.aimAt(() => system.site.kill());
    const portal = system.openPortal(LIMITS);
    await portal.validate();
    await portal.signIn(ACCOUNT.username);
    striker.begin();
    const faults: Record<string, Outcome> = {};
    for (const [index, [name, fault]] of Object.entries(NAMED_FAULTS).entries()) {
      const before = striker.total();
      decide = strike(fault, timesOf(fault));
      sasPermissions = fault.sasPermissions ?? "w";
      if (needsNewProcess(fault)) {
        system.site.kill();
      }
      const answer = await ask(portal, toWindow(index));
      faults[name] = { struck: striker.total() - before, answer };
      const unanswered = Object.values(faults).filter((one) => one.answer !== SUCCESS).length;
      if (unanswered === GIVE_UP_AFTER) {
        break;
      }
      await untilIdle(portal, unanswered);
    }
    striker.end();
    process.stdout.write(`${JSON.stringify({ faults, ...(await judge(system, portal)) })}\n`);
  } finally {
    striker.end();
    await system.close();
  }
}

async function ask(portal: CompliancePortal, window: Window): Promise<string> {
  try {
    const { status } = await portal.requestWindow(window);
    return status === 0 ? SUCCESS : `status ${status}`;
  } catch (error) {
    return String(error);
  }
}

/** A task whose completion's answer is lost goes on after the platform has it. */
async function untilIdle(portal: CompliancePortal, unanswered: number): Promise<void> {
  const deadline = Date.now() + LIMITS.idleMs;
  while (Date.now() < deadline) {
    const status = await portal.readStatus().catch(() => undefined);
    if (status?.jobs.every(({ unfinished }) => unfinished <= unanswered)) {
      return;
    }
    await sleep(LIMITS.pollMs);
  }
}

async function judge(
  { x, importService, azure, mailboxFolder }: LocalSystem,
  portal: CompliancePortal,
) {
  const { jobs } = await portal.readStatus();
  const gaps = jobs.flatMap((job) => job.gaps);
  const verdict = check({
    accountId: x.account.id,
    truth: x.posts(),
    gaps,
    mailbox: await readMailbox(mailboxFolder),
    results: importService.results(),
    findings: importService.findings(),
    pages: await readPages(azure.readContainer("evidence")),
  });
  const unfinished = jobs.reduce((sum, job) => sum + job.unfinished, 0);
  return { ...verdict, gaps, unfinished };
}

await main();
