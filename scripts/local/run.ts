import type { StackOutputs } from "../stack/outputs.ts";
import type { Billed } from "./contracts.ts";
import { check, type Evidence } from "./check/check.ts";
import type { Problem } from "./check/problem.ts";
import { isFinding } from "./check/check-findings.ts";
import { isProfile } from "./check/check-profiles.ts";
import { type ParsedMail, readMailbox } from "./check/read-mailbox.ts";
import { readPages } from "./check/read-pages.ts";
import type { Gap } from "./check/check.ts";
import { planWindows } from "./portal/plan-windows.ts";
import type { TaskResult } from "./portal/results.ts";
import type { Progress } from "./progress.ts";
import type { LocalSystem } from "./system.ts";

/** The result of one run. Other programs read the --json line, so its members keep their names. */
export type Result = {
  posts: number;
  captured: number;
  delivered: number;
  accepted: number;
  mailbox: number;
  gaps: Gap[];
  reads: number;
  /** Posts of others that were looked up and billed; null where X is not ours to ask. */
  otherReads: number | null;
  /** What X billed, by kind, with what only went along; null where X is not ours to ask. */
  billed: Billed | null;
  duplicates: number;
  /** Earlier versions of edited posts that are in the mailbox, beside the posts themselves. */
  earlierVersions: number;
  /** What else is in the mailbox beside posts, by ItemType. */
  records: Record<string, number>;
  /** Posts that earlier runs have left in the mailbox, and how many items were handed over again. */
  earlierMails: number;
  alreadyThere: number;
  seconds: number;
  connectorUrl: string;
  portal: StackOutputs["portal"];
  windows: number;
  problems: Problem[];
};

/** The exit code of a run: 0 only if every post is accounted for. */
export function exitCodeOf({ problems }: Result): 0 | 1 {
  return problems.length === 0 ? 0 : 1;
}

/** How long after a window's end the portal asks for it, by X's clock. */
const ASKED_AFTER_MS = 5_000;

/** Plays the whole job: Validate, sign-in, every window; then compares the mailbox with X. */
export async function archiveTimeline(
  system: LocalSystem,
  {
    windowHours,
    progress,
    onSignedIn = () => {},
  }: { windowHours: number; progress: Progress; onSignedIn?: () => void },
): Promise<Result> {
  const { x, portal, importService, outputs } = system;
  const truth = x.posts();
  const times = truth.map(({ createdAt }) => Date.parse(createdAt));
  const windows = planWindows(
    new Date(Math.min(...times)),
    new Date(Math.max(...times)),
    windowHours,
  );

  const started = performance.now();
  const signingIn = progress.step("Validating the connection and signing in");
  await portal.validate();
  await portal.probeCredentials();
  await portal.signIn(x.account.username);
  signingIn.finish(`@${x.account.username}`);
  onSignedIn();

  const asking = progress.step("Windows", windows.length);
  const importing = progress.step("Posts delivered", truth.length);
  const missing = new Set(truth.map(({ id }) => id));
  for (const [index, window] of windows.entries()) {
    x.setNow(new Date(Date.parse(window.end) + ASKED_AFTER_MS));
    const { listed } = await portal.requestWindow(window);
    listed.forEach((id) => missing.delete(id));
    asking.update(index + 1);
    importing.update(truth.length - missing.size);
  }
  asking.finish();
  importing.finish();
  const seconds = (performance.now() - started) / 1000;

  const checking = progress.step("Comparing the mailbox with X");
  const { jobs } = await portal.readStatus();
  const gaps = jobs.flatMap((job) => job.gaps);
  const pages = await readPages(system.azure.readContainer("evidence"));
  const results = importService.results();
  const mails = await readMailbox(system.mailboxFolder);
  const earlier = mails.filter(({ file }) => system.earlierMails.has(file));
  const mailbox = leaveOutEarlier(mails, earlier, results);
  const { problems, ...verdict } = check({
    accountId: x.account.id,
    truth,
    gaps,
    pages,
    mailbox,
    results,
    findings: importService.findings(),
    ...expectedOf(system),
  });
  if (problems.length === 0) {
    checking.finish();
  } else {
    checking.fail(`${problems.length} problems`);
  }
  return {
    ...verdict,
    ...countOthers(mailbox, new Set(truth.map(({ id }) => id)), pages.earlierVersions),
    earlierMails: earlier.filter((mail) => !isProfile(mail) && !isFinding(mail)).length,
    alreadyThere: results.reduce((sum, { alreadyThere }) => sum + alreadyThere, 0),
    gaps,
    reads: x.reads() ?? pages.posts,
    otherReads: x.otherReads() ?? null,
    billed: x.billed() ?? null,
    seconds: Number(seconds.toFixed(2)),
    connectorUrl: outputs.connectorUrl,
    portal: outputs.portal,
    windows: windows.length,
    problems,
  };
}

/** What must be in the mailbox of the feeds that are switched on; of the others nothing is. */
function expectedOf({ x, feeds }: LocalSystem): Pick<Evidence, "mentions" | "profiles"> {
  return {
    ...(feeds.mentions && { mentions: x.mentions() }),
    profiles: feeds.profile ? x.profilesShown() : [],
  };
}

/** What the mailbox has beside posts: earlier versions of them, and records of other kinds. */
function countOthers(
  mailbox: readonly ParsedMail[],
  posts: ReadonlySet<string>,
  versions: ReadonlySet<string>,
): Pick<Result, "earlierVersions" | "records"> {
  const others = mailbox.filter(({ postId }) => !posts.has(postId));
  const [earlier, records] = [true, false].map((wanted) =>
    others.filter(({ postId }) => versions.has(postId) === wanted),
  );
  const byType = Map.groupBy(records ?? [], ({ itemType }) => itemType);
  return {
    earlierVersions: new Set(earlier?.map(({ postId }) => postId)).size,
    records: Object.fromEntries([...byType].map(([type, mails]) => [type, mails.length])),
  };
}

/** Those of this run: mails of earlier ones are left out, unless they were handed over again. */
function leaveOutEarlier(
  mails: readonly ParsedMail[],
  earlier: readonly ParsedMail[],
  results: readonly TaskResult[],
): ParsedMail[] {
  const listed = new Set(results.flatMap((result) => result.listed));
  const left = new Set(earlier);
  return mails.filter((mail) => !left.has(mail) || listed.has(mail.postId));
}
