import type { Store } from "../../app/archive/store.ts";
import { wordsForClaim } from "../../app/capture/claim.ts";
import { readCoverage } from "../../app/capture/coverage.ts";
import { prove, readEvidence } from "../../app/capture/proof.ts";
import { describeError } from "../../app/errors.ts";
import {
  type Check,
  failed,
  type Finding,
  MendableError,
  ok,
  runChecks,
  type Verdict,
} from "../checks/check.ts";
import type { Report } from "../checks/report.ts";
import type { Comparison } from "./comparison.ts";
import type { JobFeed } from "../../app/feeds/feed.ts";
import { checkFeed, feedsIn } from "./feeds.ts";
import { checkHandOver } from "./hand-over.ts";
import { checkItems } from "./items.ts";
import { type Found, jobsIn } from "./jobs.ts";
import { checkMedia } from "./media.ts";
import { postsOf } from "../../app/feeds/posts.ts";

const SHOWN = 20;
const REMEDY =
  "Compare with the blob's earlier versions, and with what the portal's import log says; an archive " +
  "that was tampered with or damaged has to be restored.";

/** Compares the archive's records of each job with its content. */
export async function verify(open: () => Promise<Store>, report: Report): Promise<Finding[]> {
  let checks: Check[] = [];
  const opening: Check = {
    what: "Archive",
    run: async () => {
      const store = await open();
      const jobs = await jobsIn(store).catch(throwUnreadable);
      const feeds = await Promise.all(jobs.map(({ jobId }) => feedsIn(store, jobId)));
      checks = jobs.flatMap((job, index) => checksOf(store, job, feeds[index] ?? []));
      return ok(`${jobs.length} ${jobs.length === 1 ? "job" : "jobs"}`);
    },
  };
  const opened = await runChecks([opening], report);
  return [...opened, ...(await runChecks(checks, report))];
}

function checksOf(store: Store, job: Found, feeds: JobFeed[]): Check[] {
  const { jobId, accountId, title } = job;
  const compare = (what: string, run: () => Promise<Comparison>): Check => ({
    what: `${title}: ${what}`,
    run: async () => judge(await run()),
  });
  return [
    compare("coverage", () => checkCoverage(store, jobId)),
    compare("items", () => checkItems(store, jobId)),
    compare("media", () => checkMedia(store, jobId)),
    compare("hand-over", () => checkHandOver(store, jobId)),
    ...feeds.map((of) => compare(of.feed.name, () => checkFeed(store, accountId, of))),
  ];
}

function throwUnreadable(error: unknown): never {
  const { code, error: name } = describeError(error);
  throw new MendableError(
    `It cannot be read: ${[name, code].filter(Boolean).join(", ")}`,
    "Sign in with az login as somebody who has the role Storage Blob Data Reader on the container; " +
      "with the network private-backend, from inside its virtual network.",
    { cause: error },
  );
}

async function checkCoverage(store: Store, jobId: string): Promise<Comparison> {
  const coverage = await readCoverage(store, postsOf(jobId));
  const evidence = await readEvidence(store, postsOf(jobId));
  const { unproven } = prove(evidence, coverage);
  const remark = coverage.claim ? `; ${wordsForClaim(coverage.claim)}` : "";
  return {
    looked: `${coverage.intervals.length} intervals, ${evidence.length} captures${remark}`,
    wrong: unproven.map(({ start, end }) => `${start} to ${end} is not proved by its pages`),
  };
}

function judge({ looked, wrong }: Comparison): Verdict {
  if (wrong.length === 0) {
    return ok(looked);
  }
  const more = wrong.length > SHOWN ? [`and ${wrong.length - SHOWN} more`] : [];
  return failed([looked, ...wrong.slice(0, SHOWN), ...more].join("\n"), REMEDY);
}
