import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Azurite, type AzuriteAccount, startAzurite } from "./azure/azurite.ts";
import { ACCOUNTS_OF_A_SUBSCRIPTION } from "./azure/resource-manager.ts";
import { createCertificate } from "./certificate.ts";
import type { Certificate } from "./contracts.ts";
import { archiveTimeline, exitCodeOf, type Result } from "./run.ts";
import { startLocalSystem } from "./system.ts";
import { PROFILE_SABOTAGES, rewritesOf, type Sabotage, SABOTAGES } from "./testing/sabotages.ts";
import { SILENT } from "./testing/silent-progress.ts";
import { type SmallSample, writeSmallSample } from "./testing/small-sample.ts";

/** Longer than the sample: one window. */
const WINDOW_HOURS = 96;

const RUNS = 1 + Object.keys({ ...SABOTAGES, ...PROFILE_SABOTAGES }).length;

let folder: string;
let sample: SmallSample;
let certificate: Certificate;
let azurite: Azurite;
/** Those that no run has had. */
let accounts: AzuriteAccount[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sabotaged-"));
  sample = await writeSmallSample(folder);
  certificate = await createCertificate(folder);
  const number = RUNS * ACCOUNTS_OF_A_SUBSCRIPTION;
  azurite = await startAzurite({ certificate, directory: folder, accounts: number });
  accounts = [...azurite.accounts];
});
afterAll(async () => {
  await azurite.close();
  await rm(folder, { recursive: true });
});

describe("A run", () => {
  it("of the app as it is finds nothing", async () => {
    const result = await run();
    expect(result).toMatchObject({ posts: 12, mailbox: 12, problems: [] });
    expect(exitCodeOf(result)).toBe(0);
  });

  it.each(Object.entries(SABOTAGES))(
    "of an app that %s fails, and names the post",
    async (_name, sabotage) => {
      const what: unknown = expect.stringMatching(sabotage.found);
      const result = await run(sabotage);
      const postId = sample.victims[sabotage.victim];
      expect(result.problems).toContainEqual({ postId, what });
      expect(exitCodeOf(result)).toBe(1);
    },
  );
});

describe("A run in which the profile changes", () => {
  it.each(Object.entries(PROFILE_SABOTAGES))(
    "of an app that %s fails",
    async (_name, { rewrites, found }) => {
      const storage = shareStorage();
      const system = await startLocalSystem({
        history: false,
        progress: SILENT,
        storage,
        rewrites,
      });
      await using _closing = { [Symbol.asyncDispose]: () => system.close() };
      const result = await archiveTimeline(system, { windowHours: 24, progress: SILENT });
      const what: unknown = expect.stringMatching(found);
      expect(result.problems).toContainEqual(expect.objectContaining({ what }));
      expect(exitCodeOf(result)).toBe(1);
    },
  );
});

/**
 * A dozen posts through a local system of their own, with the app as it is, or sabotaged. The systems
 * share a process of Azurite, and no account in it.
 */
async function run(sabotage?: Sabotage): Promise<Result> {
  const system = await startLocalSystem({
    ...sample.files,
    history: false,
    progress: SILENT,
    storage: shareStorage(),
    rewrites: sabotage ? rewritesOf(sabotage, sample.victims) : [],
  });
  try {
    return await archiveTimeline(system, { windowHours: WINDOW_HOURS, progress: SILENT });
  } finally {
    await system.close();
  }
}

function shareStorage() {
  const own = accounts.splice(0, ACCOUNTS_OF_A_SUBSCRIPTION);
  return { certificate, azurite: { ...azurite, accounts: own } };
}
