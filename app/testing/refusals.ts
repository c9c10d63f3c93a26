import { expect } from "vitest";
import { type Harness, ORIGIN } from "./harness.ts";

/** Refused with a problem, at once, and nothing was written or went wrong. */
export async function expectRefused(
  harness: Harness,
  path: string,
  init: RequestInit,
): Promise<Response> {
  const response = await expectNothingDone(harness, path, init);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(await response.clone().json()).toMatchObject({ status: response.status });
  return response;
}

/** The same for a person: a page says so. */
export async function expectPageThatRefuses(
  harness: Harness,
  path: string,
  init: RequestInit,
): Promise<void> {
  const response = await expectNothingDone(harness, path, init);
  expect(response.headers.get("content-type")).toMatch(/^text\/html/);
  expect(response.headers.get("set-cookie")).toBeNull();
  expect(await response.text()).not.toMatch(/<script>alert/);
}

async function expectNothingDone(
  harness: Harness,
  path: string,
  init: RequestInit,
): Promise<Response> {
  const before = stateOf(harness);
  const startedAt = process.threadCpuUsage();
  const response = await harness.app.request(`${ORIGIN}${path}`, init);
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.status).toBeLessThan(500);
  // What else the machine does is not asked: it is our work that a body must not cost.
  const { user, system } = process.threadCpuUsage(startedAt);
  expect((user + system) / 1000).toBeLessThan(1000);
  expect(stateOf(harness)).toEqual(before);
  return response;
}

function stateOf({ store, queue, log }: Harness) {
  return {
    blobs: store.blobs.size,
    messages: queue.waiting().length,
    failures: log.of("request.failed"),
  };
}
