import { randomUUID } from "node:crypto";
import type { Sealer } from "../archive/seal.ts";
import { capture } from "../capture/capture.ts";
import type { CaptureDeps } from "../capture/capture-deps.ts";
import { readCoverage, settledIntervals } from "../capture/coverage.ts";
import { LOOK_BACK_SECONDS } from "../capture/look-back.ts";
import type { MediaDeps } from "../capture/media.ts";
import { readSnapshot } from "../capture/snapshots.ts";
import { holdLateRecords } from "../delivery/late-records.ts";
import { ConnectorError, describeError, isStorageDown } from "../errors.ts";
import type { Feed, Reader } from "../feeds/feed.ts";
import { FEEDS } from "../feeds/index.ts";
import { changeRunState, readRunState, type RunState } from "../feeds/run-state.ts";
import { type FeedSwitches, isAlwaysOn } from "../feeds/statements.ts";
import { type Job, openToken } from "../jobs/job.ts";
import { probeToken } from "../jobs/probe-token.ts";
import type { Log } from "../log.ts";
import { decideOutcome, waitFor } from "../outcomes.ts";
import { type Interval, subtract } from "../time/intervals.ts";
import { LeaseLostError } from "./queue.ts";

export type FeedDeps = Omit<CaptureDeps, "announce"> &
  MediaDeps &
  FeedSwitches & { sealer: Sealer };

/** No run takes so long; one whose process has ended is done again after it. */
const RUN_MS = 10 * 60_000;
/** What X says where the app or the account may not read a feed. */
const REFUSALS = new Set(["x-forbidden", "x-bad-request"]);

/** What is to be read of a timeline, beside what is left from before. */
export type ToWindow = (state: RunState | undefined) => Interval;

/**
 * Reads every feed whose records go with the next task, each on its own: one that fails waits by itself,
 * and says so; it holds up neither another one nor what called for it.
 */
export async function runFeeds(deps: FeedDeps, job: Job, toWindow: ToWindow): Promise<void> {
  await noteSwitches(deps, job);
  const feeds = othersOn(deps);
  const reader = feeds.length > 0 ? await toReader(deps, job) : undefined;
  if (!reader) {
    return;
  }
  for (const feed of feeds) {
    const state = await readRunState(deps.store, { jobId: job.jobId, feed });
    const window = toWindow(state);
    await runFeed({ ...deps, log: logOf(deps.log, feed) }, reader, { feed, window });
  }
}

/** Whether any feed but the account's own timeline is read. */
export function hasOthersOn(deps: FeedSwitches): boolean {
  return othersOn(deps).length > 0;
}

function othersOn({ feeds = FEEDS, isOn = isAlwaysOn }: FeedSwitches): Feed[] {
  return feeds.filter((feed) => feed.goesWith === "the next task" && isOn(feed));
}

/** Undefined while the account's token cannot be used: whoever reads its posts tells of it. */
async function toReader(deps: FeedDeps, job: Job): Promise<Reader | undefined> {
  try {
    const token = await openToken(deps.sealer, await probeToken(deps, job));
    return { jobId: job.jobId, accountId: job.account.id, token };
  } catch (error) {
    if (error instanceof ConnectorError) {
      return undefined;
    }
    throw error;
  }
}

/** Notes since when a feed that was read is off. */
async function noteSwitches(deps: FeedDeps, { jobId }: Job): Promise<void> {
  const { store, now, feeds = FEEDS, isOn = isAlwaysOn } = deps;
  for (const feed of feeds.filter((one) => one.goesWith === "the next task" && !isOn(one))) {
    const state = await readRunState(store, { jobId, feed });
    if (state?.isOn) {
      const since = now().toISOString();
      await changeRunState(store, { jobId, feed }, { isOn: false, since }, (known) => ({
        ...known,
        isOn: false,
        since,
        pending: [],
      }));
    }
  }
}

/** Every line of a feed's run says which feed it is of. */
function logOf(log: Log, feed: Feed): Log {
  return (event, fields, error) => log(event, { feed: feed.name, ...fields }, error);
}

type Run = { feed: Feed; window: Interval };

async function runFeed(deps: FeedDeps, reader: Reader, { feed, window }: Run): Promise<void> {
  const { store, log, now } = deps;
  const of = { jobId: reader.jobId, feed };
  const first = { isOn: true, since: now().toISOString() };
  const id = randomUUID();
  const missing = feed.kind === "timeline" ? await missingOf(deps, of, window) : [];
  const state = await changeRunState(store, of, first, (known) =>
    claim(known, { missing, id, at: now() }),
  );
  if (!state || state.run?.id !== id) {
    return;
  }
  const end = (change: (known: RunState) => RunState) =>
    changeRunState(store, of, first, (known) =>
      known.run?.id === id ? withoutRun(change(known)) : undefined,
    );
  try {
    await read(deps, reader, { feed, pending: state.pending });
    await end(({ reason: _reason, waitsFor: _waits, retryAt: _at, ...known }) => ({
      ...known,
      attempts: 0,
    }));
  } catch (error) {
    if (isStorageDown(error) || error instanceof LeaseLostError) {
      throw error;
    }
    const { code, error: reason } = describeError(error);
    const waitsFor = waitFor(state.waitsFor, error, now());
    const outcome = decideOutcome(error, state.attempts, now(), new Date(waitsFor.since));
    const retryAt = (outcome.at ?? new Date(now().getTime() + RUN_MS)).toISOString();
    const about = { jobId: of.jobId, ...(code !== undefined && { code }), retryAt };
    if (code !== undefined && REFUSALS.has(code)) {
      log("feed.refused", { ...about, reason }, error);
    } else {
      log("feed.waiting", about, error);
      if (outcome.alert && !outcome.needsSignIn) {
        log(outcome.alert, { ...about, reason });
      }
    }
    const more = outcome.kind === "park" ? 0 : 1;
    await end((known) => ({
      ...known,
      attempts: known.attempts + more,
      reason,
      waitsFor,
      retryAt,
    }));
  }
}

/** Takes a feed in hand, unless it waits, or somebody has it: then what is to be read is noted. */
function claim(
  known: RunState,
  { missing, id, at }: { missing: Interval[]; id: string; at: Date },
): RunState {
  const switched = known.isOn ? known : { ...known, isOn: true, since: at.toISOString() };
  const more = missing.flatMap((part) => subtract(part, known.pending));
  const noted = { ...switched, pending: [...known.pending, ...more] };
  const isHeld = known.run !== undefined && Date.parse(known.run.until) > at.getTime();
  const waits = known.retryAt !== undefined && Date.parse(known.retryAt) > at.getTime();
  return isHeld || waits
    ? noted
    : { ...noted, run: { id, until: new Date(at.getTime() + RUN_MS).toISOString() } };
}

function withoutRun({ run: _, ...state }: RunState): RunState {
  return state;
}

async function missingOf(
  { store }: FeedDeps,
  { jobId, feed }: { jobId: string; feed: Feed },
  window: Interval,
): Promise<Interval[]> {
  return subtract(window, settledIntervals(await readCoverage(store, { jobId, feed })));
}

async function read(
  deps: FeedDeps,
  reader: Reader,
  { feed, pending }: { feed: Feed; pending: Interval[] },
): Promise<void> {
  const reading = { ...deps, announce: holdLateRecords(deps) };
  if (feed.kind === "snapshot") {
    const twitter = deps.meter(deps.twitter, reader.jobId);
    await readSnapshot({ ...reading, twitter }, { ...reader, feed });
    return;
  }
  const source = { ...reader, feed };
  for (const part of pending) {
    await capture(reading, source, part, { lookBackSeconds: LOOK_BACK_SECONDS });
    const isRead = (one: Interval) => one.start === part.start && one.end === part.end;
    const first = { isOn: true, since: deps.now().toISOString() };
    await changeRunState(deps.store, source, first, (known) => ({
      ...known,
      pending: known.pending.filter((one) => !isRead(one)),
    }));
  }
}
