import type { Rewrite } from "../rewritten-app.ts";

/**
 * The app with short leases, renewed as much more often, so that whoever is killed is missed in
 * seconds; with less waiting for the queue, for messages that are lost, for storage that is down, for
 * posts to settle, and for work in which the process ended many times. Nothing else is changed.
 */
export function shortWaits({ leaseSeconds }: { leaseSeconds: number }): Rewrite[] {
  return WAITS.map(([file, name, before, after]) => ({
    file,
    pattern: new RegExp(`${name} = ${before};`),
    replacement: `${name} = ${after(leaseSeconds)};`,
  }));
}

const WAITS: [
  file: string,
  name: string,
  before: string,
  after: (leaseSeconds: number) => number,
][] = [
  ["app/worker/lease.ts", "LEASE_MS", "120_000", (seconds) => seconds * 1000],
  ["app/worker/lease.ts", "RENEW_MS", "40_000", (seconds) => Math.floor((seconds * 1000) / 3)],
  ["app/worker/worker.ts", "IDLE_POLL_MS", "5_000", () => 500],
  ["app/worker/backoff.ts", "BACKOFF_FIRST_MS", "5_000", () => 500],
  ["app/worker/worker.ts", "RECOVER_MS", "60 \\* 60_000", () => 1_000],
  ["app/worker/lost-work.ts", "MISSING_MS", "60 \\* 60_000", () => 3_000],
  ["app/worker/capture-schedule.ts", "OVERDUE_MS", "60 \\* 60_000", () => 60_000],
  ["app/capture/scan.ts", "SETTLING_SECONDS", "60", () => 12],
  ["app/outcomes.ts", "STUCK_MS", "60 \\* MINUTE_MS", () => 10_000],
];
