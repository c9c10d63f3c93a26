import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProgress } from "../progress.ts";
import { archiveTimeline, exitCodeOf } from "../run.ts";
import { startLocalSystem } from "../system.ts";
import { rewritesOf, SABOTAGES } from "./sabotages.ts";
import { writeSmallSample } from "./small-sample.ts";

/** Longer than the sample: one window. */
const WINDOW_HOURS = 96;

/**
 * `node sabotaged-run.ts [NAME]`: archives a dozen posts with the app as it is, or sabotaged; the
 * result goes to standard output, with the id of the post that the sabotage was done to.
 */
async function main(): Promise<void> {
  const name = process.argv[2];
  const chosen = name === undefined ? undefined : SABOTAGES[name];
  const folder = await mkdtemp(join(tmpdir(), "sabotaged-"));
  const { files, victims } = await writeSmallSample(folder);
  const progress = createProgress({ stream: process.stderr });
  const system = await startLocalSystem({
    ...files,
    history: false,
    progress,
    rewrites: chosen ? rewritesOf(chosen, victims) : [],
  });
  try {
    const result = await archiveTimeline(system, { windowHours: WINDOW_HOURS, progress });
    const victim = chosen && victims[chosen.victim];
    process.exitCode = exitCodeOf(result);
    process.stdout.write(`${JSON.stringify({ ...result, victim })}\n`);
  } finally {
    await system.close();
  }
}

await main();
