import { readFileSync } from "node:fs";
import { stdin } from "node:process";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { buildPackage, mapBundle } from "../infra/package/build-package.ts";
import { anyText } from "./command-line/options.ts";
import { runScript } from "./command-line/run-script.ts";
import { toSource } from "./trace/to-source.ts";

/** `npm run trace`: a log, with the places in the source where its stack traces name the bundle. */
export const script = {
  name: "trace",
  about:
    "Prints a log of the connector again, with file and line of the source in its stack traces. " +
    "Check out the version that wrote the log: the mapping is valid for that version only.",
  options: z.object({ log: anyText("FILE", "the log (default: standard input)") }),
};

if (import.meta.main) {
  await runScript(script, async ({ log: file }) => {
    const log = file === undefined ? await text(stdin) : readFileSync(file, "utf8");
    process.stdout.write(toSource(log, await mapBundle()));
    const { hash } = await buildPackage();
    process.stderr.write(
      `Read as of package ${hash}: /healthz of the connector must name the same.\n`,
    );
  });
}
