import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { platformIdSchema } from "../import-service/platform-id.ts";
import { idOf, names, placeOf } from "./names.ts";
import { postsOf } from "../feeds/posts.ts";

/** Azure's limit of a blob's name, in characters. */
const NAME_LIMIT = 1024;
/** Names without a job's id in front, and those that are the beginning of others. */
const OTHERS = new Set(
  (
    "account signIn writableState writableEvidence rejected vocabulary doubted endedSession jobs readsOfMonth reads everyCapture evidenceOf snapshotVersions captures captureProofPages page everyMedium media outbox " +
    "evidenceOfTasks ledgers undelivered missingPosts"
  ).split(" "),
);

/** What the platform may call a job or a task: any text; some are more likely to break out. */
const id = fc.oneof(
  fc.string({ minLength: 1, unit: "binary" }),
  fc.constantFrom(".", "..", "../..", "/", "a/../b", "..%2F", "%2e%2e", "\\", "a\0b", "job.json"),
  fc.string({ minLength: 1, unit: fc.constantFrom("a", ".", "/", "%", "2", "F", "\\") }),
);

/** Every name that has a job's id in it, of ids that others chose. */
const OF_A_JOB: Record<string, (jobId: string, other: string) => string> = {
  job: (jobId) => names.job(jobId),
  coverage: (jobId) => names.coverage(postsOf(jobId)),
  count: (jobId) => names.count(postsOf(jobId)),
  schedule: (jobId) => names.schedule(jobId),
  estimate: (jobId) => names.estimate(jobId),
  capturePages: (jobId) => names.page(names.capturePages(postsOf(jobId), "c"), 1),
  captureProof: (jobId) => names.captureProof(postsOf(jobId), "c", "probe"),
  context: (jobId) => names.context(names.page(names.capturePages(postsOf(jobId), "c"), 1), 2),
  lookupIds: (jobId, other) => names.lookupIds(jobId, other),
  unknownIds: (jobId) => names.unknownIds(jobId, "2026-06-01"),
  askedAgainPages: (jobId) =>
    names.page(
      names.askedAgainPages(
        postsOf(jobId),
        names.page(names.capturePages(postsOf(jobId), "c"), 1),
        1,
        "missing",
      ),
      1,
    ),
  missingPostsOf: (jobId) =>
    names.missingPostsOf(postsOf(jobId), names.page(names.capturePages(postsOf(jobId), "c"), 1)),
  lookupPages: (jobId, other) => names.page(names.lookupPages(jobId, other), 1),
  mediaKey: (jobId, other) => names.media(jobId, other, "orig"),
  mediaFile: (jobId, other) => names.media(jobId, "3_1", other),
  knownUser: (jobId, other) => names.knownUser(postsOf(jobId), other),
  feedRun: (jobId) => names.feedRun(postsOf(jobId)),
  snapshot: (jobId) => names.snapshot(postsOf(jobId)),
  snapshotAnswer: (jobId) => names.snapshotAnswer(postsOf(jobId), "20260601T120000Z"),
  snapshotVersion: (jobId) => names.snapshotVersion(postsOf(jobId), 1),
  outboxEntry: (jobId, other) => names.outboxEntry(jobId, { feed: "posts", id: other }),
  task: (jobId, other) => names.task(jobId, other),
  undeliveredTask: (jobId, other) => names.undeliveredTask(jobId, other),
  manifest: (jobId, other) => names.manifest(jobId, other),
  laterManifest: (jobId, other) => names.manifest(jobId, other, 2),
  outboxCarrier: (jobId) => names.outboxCarrier(jobId),
  ledger: (jobId) => names.ledger(jobId, "2026-06-01"),
  answered: (jobId) => names.answered(jobId),
};

describe.each(Object.entries(OF_A_JOB))("The name %s", (_title, toName) => {
  it("stays within its job's folder, whatever the ids are", () => {
    fc.assert(
      fc.property(id, id, (jobId, other) => {
        const own = jobFolders(jobId);
        expect(own.some((folder) => toName(jobId, other).startsWith(folder))).toBe(true);
      }),
    );
  });

  it("has no step that leads elsewhere, and as many steps as ever", () => {
    const usual = toName("job-1", "task-1").split("/").length;
    fc.assert(
      fc.property(id, id, (jobId, other) => {
        const steps = toName(jobId, other).split("/");
        expect(steps).toHaveLength(usual);
        // A host may decode once more what came encoded, and fold dots and backslashes.
        expect(steps.filter((step) => /^\.*$|[\\\s\p{Cc}]/u.test(step))).toEqual([]);
      }),
    );
  });

  it("is another for other ids", () => {
    fc.assert(
      fc.property(id, id, id, (jobId, otherJobId, other) => {
        fc.pre(jobId !== otherJobId);
        expect(toName(jobId, other)).not.toBe(toName(otherJobId, other));
      }),
    );
  });
});

it("A job's folder is never the beginning of another's", () => {
  fc.assert(
    fc.property(id, id, (jobId, other) => {
      fc.pre(jobId !== other);
      for (const folder of jobFolders(jobId)) {
        expect(jobFolders(other).some((one) => one.startsWith(folder))).toBe(false);
      }
      expect(names.account(jobId)).not.toBe(names.account(other));
    }),
  );
});

it("Two kinds of names of one job never meet, whatever the ids are", () => {
  fc.assert(
    fc.property(id, id, (jobId, other) => {
      const all = Object.values(OF_A_JOB).map((toName) => toName(jobId, other));
      expect(new Set(all).size).toBe(all.length);
    }),
  );
});

it("What proves something lies under evidence/, what changes does not", () => {
  const evidence = Object.entries(OF_A_JOB)
    .filter(([, toName]) => toName("j", "t").startsWith("evidence/"))
    .map(([title]) => title);
  expect(evidence).toEqual([
    "capturePages",
    "captureProof",
    "context",
    "lookupIds",
    "askedAgainPages",
    "lookupPages",
    "mediaKey",
    "mediaFile",
    "snapshotAnswer",
    "snapshotVersion",
    "manifest",
    "laterManifest",
  ]);
});

it("A name says in which container it lies, and so does the beginning of names", () => {
  const page = names.page(names.capturePages(postsOf("j"), "c"), 1);
  expect(placeOf(page)).toEqual({
    container: "evidence",
    blob: "j/posts/captures/c/pages/000001.json",
  });
  expect(placeOf(names.everyCapture(postsOf("j")))).toEqual({
    container: "evidence",
    blob: "j/posts/captures/",
  });
  expect(placeOf(names.coverage(postsOf("j")))).toEqual({
    container: "state",
    blob: "work/j/posts/coverage.json",
  });
  expect(placeOf(names.job("evidence/j"))).toEqual({
    container: "state",
    blob: "jobs/evidence%2Fj.json",
  });
});

it("An answer that cannot be used lies beside the place of the one that can, by its bytes", () => {
  const page = names.page(names.capturePages(postsOf("j"), "c"), 1);
  expect(names.rejected(page, "ab12")).toBe(
    "evidence/j/posts/captures/c/rejected/000001-ab12.json",
  );
});

it("What is written to see whether it can be is no job's", () => {
  fc.assert(
    fc.property(id, (jobId) => {
      const folder = names.manifest(jobId, "t").replace(/tasks.*/, "");
      expect(names.writableEvidence("2026-06-01").startsWith(folder)).toBe(false);
    }),
  );
});

it("An id is had back from its name", () => {
  fc.assert(
    fc.property(id, (one) => {
      expect(idOf(names.job(one), names.jobs())).toBe(one);
      expect(idOf(names.undeliveredTask("j", one), names.undelivered("j"))).toBe(one);
    }),
  );
});

it("Pages are listed in the order in which they were read", () => {
  const pages = [1, 2, 10, 100, 999, 1000, 99_999, 100_000].map((number) =>
    names.page("p/", number),
  );
  expect(pages.toSorted()).toEqual(pages);
});

it("No name is left out here", () => {
  const named = new Set([...OTHERS, ...Object.keys(OF_A_JOB)]);
  expect(Object.keys(names).filter((name) => !named.has(name))).toEqual([]);
});

it("The reads of a job lie beside those of others, in the folder of their month", () => {
  fc.assert(
    fc.property(id, id, (jobId, other) => {
      const name = names.reads("2026-06", jobId);
      expect(name.startsWith(names.readsOfMonth("2026-06"))).toBe(true);
      expect(name.split("/")).toHaveLength(3);
      expect(name === names.reads("2026-06", other)).toBe(jobId === other);
    }),
  );
});

it("Ids as long as the portal takes them fit into a name, however they are spelt", () => {
  const longest = ":".repeat(128);
  expect(platformIdSchema.safeParse(longest).success).toBe(true);
  expect(platformIdSchema.safeParse(`${longest}:`).success).toBe(false);
  for (const toName of Object.values(OF_A_JOB)) {
    expect(toName(longest, longest).length).toBeLessThanOrEqual(NAME_LIMIT);
  }
});

/** A job has its record, a folder for what changes and one for what proves. */
function jobFolders(jobId: string): string[] {
  return [
    names.job(jobId),
    names.ledgers(jobId).replace(/ledger\/$/, ""),
    names.manifest(jobId, "t").replace(/tasks.*/, ""),
  ];
}
