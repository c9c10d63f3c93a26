import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { PROCESS_ENVIRONMENT } from "../settings.ts";
import { listen } from "../testing/listen.ts";

const SCRIPT = join(import.meta.dirname, "../testing/flat-run.ts");
const run = promisify(execFile);

describe("Memory stays flat", { timeout: 300_000 }, () => {
  it("over a window of 200,000 posts", async () => {
    const { items, grownMebibytes } = await handOver("posts", 200_000);
    expect(items).toBe(200_000);
    expect(grownMebibytes).toBeLessThan(50);
  });

  it("over a window of videos of ten megabytes", async () => {
    const { items, grownMebibytes } = await handOver("videos", 500);
    expect(items).toBe(500);
    expect(grownMebibytes).toBeLessThan(200);
  });
});

async function handOver(kind: string, posts: number) {
  const platform = await startForgetfulPlatform();
  const parameters = ["--expose-gc", SCRIPT, kind, String(posts), platform.url];
  const { stdout } = await run(process.execPath, parameters, {
    env: { ...process.env, ...PROCESS_ENVIRONMENT },
  });
  await platform.close();
  return { items: platform.listed(), grownMebibytes: Number(stdout) };
}

/** Counts the items of the last completion, and keeps nothing of it. */
async function startForgetfulPlatform() {
  let listed = 0;
  const server = createServer((request, response) => {
    listed = 0;
    let rest = "";
    request.setEncoding("utf8");
    request.on("data", (text: string) => {
      const parts = (rest + text).split('"fileName"');
      listed += parts.length - 1;
      rest = (parts.at(-1) ?? "").slice(-10);
    });
    request.on("end", () => response.writeHead(200).end());
  });
  return { ...(await listen(server)), listed: () => listed };
}
