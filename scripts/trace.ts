import { readFileSync } from "node:fs";
import { stdin } from "node:process";
import { text } from "node:stream/consumers";
import { buildPackage, mapBundle } from "../infra/build-package.ts";
import { optionsOrExit } from "./command-line.ts";
import { HELP, parseOptions } from "./trace/options.ts";
import { toSource } from "./trace/to-source.ts";

/** `npm run trace`: a log, with the places in the source where its stack traces name the bundle. */
const options = optionsOrExit(parseOptions, HELP);
const log = options.log === undefined ? await text(stdin) : readFileSync(options.log, "utf8");
process.stdout.write(toSource(log, await mapBundle()));
const { hash } = await buildPackage();
process.stderr.write(`Read as of package ${hash}: /healthz of the connector must name the same.\n`);
