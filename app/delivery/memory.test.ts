import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { PROCESS_ENVIRONMENT } from "../settings.ts";

const SCRIPT = join(import.meta.dirname, "../testing/flat-run.ts");
const resultSchema = z.object({ items: z.number(), grownMebibytes: z.number() });
const run = promisify(execFile);

describe("Memory stays flat", { timeout: 120_000 }, () => {
  it("over a window of 200,000 posts", async () => {
    const { items, grownMebibytes } = await handOver("posts", 200_000);
    expect(items).toBe(200_000);
    expect(grownMebibytes).toBeLessThan(50);
  });

  it("over a window of videos of ten megabytes", async () => {
    const { items, grownMebibytes } = await handOver("videos", 100);
    expect(items).toBe(100);
    expect(grownMebibytes).toBeLessThan(200);
  });
});

async function handOver(kind: string, posts: number) {
  const { stdout } = await run(process.execPath, ["--expose-gc", SCRIPT, kind, String(posts)], {
    env: { ...process.env, ...PROCESS_ENVIRONMENT },
  });
  return resultSchema.parse(JSON.parse(stdout));
}
