import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as z from "zod";
import { buildPackage } from "../../infra/package/build-package.ts";
import { startChild } from "./child.ts";
import { type Measurement, timed } from "./measurement.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export const program: Measurement<
  | "evaluating the whole program"
  | "its resources"
  | "its peak RSS"
  | "type check"
  | "building the package"
  | "bundle"
  | "package"
> = {
  name: "program",
  about: "the Pulumi program under mocks, in a process of its own; tsc; the package",
  goal: {
    "evaluating the whole program": { unit: "s", goal: { atMost: 3 } },
    "its resources": { unit: "" },
    "its peak RSS": { unit: "MB" },
    "type check": { unit: "s", goal: { atMost: 10 } },
    "building the package": { unit: "s", goal: { atMost: 1 } },
    bundle: { unit: "MB", goal: { atMost: 1.5 } },
    package: { unit: "MB" },
  },
  async run() {
    let evaluated = { resources: 0, peakBytes: 0 };
    const evaluating = await timed(async () => {
      evaluated = await evaluate();
    });
    const checking = await timed(checkTypes);
    const started = performance.now();
    const { bundleBytes, zip } = await buildPackage();
    const building = (performance.now() - started) / 1000;
    return {
      "evaluating the whole program": evaluating,
      "its resources": evaluated.resources,
      "its peak RSS": evaluated.peakBytes / 1e6,
      "type check": checking,
      "building the package": building,
      bundle: bundleBytes / 1e6,
      package: zip.byteLength / 1e6,
    };
  },
};

const evaluatedSchema = z.object({ resources: z.number().positive(), peakBytes: z.number() });

async function evaluate(): Promise<z.infer<typeof evaluatedSchema>> {
  await using child = startChild("program.ts");
  // Awaited here: the child lives as long as this function.
  return await child.next(evaluatedSchema);
}

async function checkTypes(): Promise<void> {
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  await promisify(execFile)(process.execPath, [tsc], { cwd: ROOT });
}
