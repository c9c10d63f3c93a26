import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { MUTATIONS } from "../chaos/testing/mutations.ts";
import { shortWaits } from "../chaos/short-waits.ts";
import { type Rewrite, rewriteSource } from "../rewritten-app.ts";
import { SABOTAGES } from "./sabotages.ts";

const ROOT = join(import.meta.dirname, "../../..");
const CHANGED = Object.entries({ ...SABOTAGES, ...MUTATIONS });
const REWRITES = CHANGED.flatMap(([name, { rewrites }]) =>
  rewrites.map((rewrite): [string, Rewrite] => [name, rewrite]),
);
const WAITS = shortWaits({ leaseSeconds: 6 }).map((wait): [string, Rewrite] => [
  "waits less",
  wait,
]);

it.each([...REWRITES, ...WAITS])(
  "The app that %s: what is rewritten is in its file, once, and changes it (%o)",
  async (_name, rewrite) => {
    const source = await readFile(join(ROOT, rewrite.file), "utf8");
    expect(rewriteSource(source, rewrite)).not.toBe(source);
  },
);
