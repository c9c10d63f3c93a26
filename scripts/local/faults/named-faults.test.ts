import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { lastLineOf, startScript } from "../testing/local-run.ts";
import { NAMED_FAULTS } from "./named-faults.ts";

const SCRIPT = join(import.meta.dirname, "testing/play-named-faults.ts");
/** Alone it takes a minute. */
const LIMIT_MS = 400_000;

const resultSchema = z.looseObject({
  faults: z.record(z.string(), z.object({ struck: z.number(), answer: z.string() })),
  posts: z.number(),
});

describe("A window during which a fault is played", () => {
  let result: z.infer<typeof resultSchema>;
  beforeAll(async () => {
    await using run = await startScript(SCRIPT, []);
    result = resultSchema.parse(lastLineOf(await run.ended));
  }, LIMIT_MS);

  it.each(Object.keys(NAMED_FAULTS))("is answered after %s has struck", (name) => {
    const fault = result.faults[name];
    expect(fault).toMatchObject({ answer: "success" });
    expect(fault?.struck).toBeGreaterThan(0);
  });

  it("is handed over whole, and once, whatever the fault", () => {
    expect(result.posts).toBeGreaterThan(Object.keys(NAMED_FAULTS).length);
    expect(result).toMatchObject({
      mailbox: result.posts,
      duplicates: 0,
      problems: [],
      gaps: [],
      unfinished: 0,
    });
  });
});
