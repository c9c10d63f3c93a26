import { readFileSync } from "node:fs";
import { stdin } from "node:process";
import { text } from "node:stream/consumers";
import { buildPackage, mapBundle } from "../infra/build-package.ts";
import { toSource } from "./trace/to-source.ts";

/**
 * `npm run trace -- FILE` (or a log on standard input): the same log, with the places in the source
 * where its stack traces name the bundle. Right for the version that wrote it, and no other.
 */
const file = process.argv[2];
const log = file === undefined ? await text(stdin) : readFileSync(file, "utf8");
process.stdout.write(toSource(log, await mapBundle()));
const { hash } = await buildPackage();
process.stderr.write(`Read as of package ${hash}: /healthz of the connector must name the same.\n`);
