import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Measurement } from "./bench/measurement.ts";
import { MEASUREMENTS } from "./bench/measurements.ts";
import { HEAD, type Result, toLine, toResult } from "./bench/table.ts";
import { flag, option, wholeNumber } from "./command-line/options.ts";
import { runScript } from "./command-line/run-script.ts";

const NAMES = MEASUREMENTS.map(({ name }) => name);

/** `npm run bench`: what the connector and its program cost, measured here and now. */
export const script = {
  name: "bench",
  about:
    "Measures the time and memory of connector and program, as ratios where possible so that " +
    "machines compare, and prints median and spread of several repeats. Writes dist/bench.json. " +
    "Asserts nothing.",
  options: z.object({
    only: option(
      z.enum(NAMES, `is no measurement: write one of ${NAMES.join(", ")}`).optional(),
      "NAME",
      "one measurement alone",
    ),
    repeats: option(
      wholeNumber({ from: 1, to: 9999 }).default(3),
      "N",
      "how often each is measured",
    ),
    json: flag("the last line of standard output is one JSON object with every figure"),
  }),
  notes: `Measurements:\n${MEASUREMENTS.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join("\n")}`,
};

async function main(options: z.output<typeof script.options>): Promise<void> {
  const started = performance.now();
  const stream = options.json ? process.stderr : process.stdout;
  const chosen = MEASUREMENTS.filter(({ name }) => (options.only ?? name) === name);

  stream.write(`${HEAD}\n`);
  const results: Result[] = [];
  for (const measurement of chosen) {
    stream.write(`${measurement.name}: ${measurement.about}\n`);
    const measured = await measure(measurement, options.repeats);
    stream.write(measured.map((result) => `${toLine(result)}\n`).join(""));
    results.push(...measured);
  }

  const report = {
    at: new Date().toISOString(),
    machine: {
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      cpu: cpus()[0]?.model ?? "unknown",
      cores: availableParallelism(),
      memoryBytes: totalmem(),
    },
    repeats: options.repeats,
    seconds: Math.round((performance.now() - started) / 1000),
    results,
  };
  const dist = fileURLToPath(new URL("../dist/", import.meta.url));
  await mkdir(dist, { recursive: true });
  await writeFile(`${dist}bench.json`, `${JSON.stringify(report, undefined, 2)}\n`);
  stream.write(`\n${report.seconds} s on ${report.machine.cores} cores; dist/bench.json\n`);
  if (options.json) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
  }
}

async function measure({ name, goal, run }: Measurement, repeats: number): Promise<Result[]> {
  const runs: Record<string, number>[] = [];
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    runs.push(await run());
  }
  return Object.entries(goal).map(([figure, about]) =>
    toResult({
      measurement: name,
      figure,
      ...about,
      values: runs.map((one) => one[figure] ?? Number.NaN),
    }),
  );
}

if (import.meta.main) {
  await runScript(script, main);
}
