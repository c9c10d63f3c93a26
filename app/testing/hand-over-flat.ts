import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { PROCESS_ENVIRONMENT } from "../settings.ts";
import { listen } from "./listen.ts";

const SCRIPT = join(import.meta.dirname, "flat-run.ts");
const run = promisify(execFile);
/**
 * Hands one window over in a process of its own, with the memory settings of the site.
 * @returns how many items were listed, and how far the process's memory grew.
 */
export async function handOverFlat(
  kind: "posts" | "videos",
  posts: number,
): Promise<{ items: number; grownBytes: number }> {
  const platform = await startForgetfulPlatform();
  try {
    const parameters = ["--expose-gc", SCRIPT, kind, String(posts), platform.url];
    const { stdout } = await run(process.execPath, parameters, {
      env: { ...process.env, ...PROCESS_ENVIRONMENT },
    });
    return { items: platform.listed(), grownBytes: Number(stdout) };
  } finally {
    await platform.close();
  }
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
