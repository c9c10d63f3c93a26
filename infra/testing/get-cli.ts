import { buildCli, downloadCli } from "./cli-sources.ts";
import { findCli } from "./find-cli.ts";
import { CLI_IS_REQUIRED, NOT_PROVED } from "./tell-skipped.ts";

// Gets a Pulumi CLI for the engine suite, if this machine has none and it can be had soon. `.ci/run` starts it
// before the tests, which themselves download and build nothing.

const DOWNLOAD_LIMIT_MS = 120_000;
const BUILD_LIMIT_MS = 300_000;

async function getCli(): Promise<string | undefined> {
  for (const [attempt, get] of [
    ["npm's package downloads it", async () => downloadCli(DOWNLOAD_LIMIT_MS)],
    ["Go builds it, which takes minutes", async () => buildCli(BUILD_LIMIT_MS)],
  ] as const) {
    const there = await findCli();
    if (there) {
      return there;
    }
    say(`No Pulumi CLI for the engine suite yet: ${attempt} ...`);
    await get().catch((error: unknown) => say(`... no: ${String(error)}`));
  }
  return findCli();
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const cli = await getCli();
say(cli ? `The engine suite runs on ${cli}` : NOT_PROVED);
process.exitCode = cli === undefined && CLI_IS_REQUIRED ? 1 : 0;
