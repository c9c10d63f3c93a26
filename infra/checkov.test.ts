import { mkdtemp, readFile, rm } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { createRun } from "../scripts/stack/run.ts";

/** Where Checkov is: in CI, and wherever else somebody has installed it (`pip install checkov`). */
const CHECKOV = process.env["CHECKOV"];
const ROOT = join(import.meta.dirname, "..");
const STACKS = ["development", "production"];

const foundSchema = z.object({
  summary: z.object({ passed: z.number(), parsing_errors: z.literal(0) }),
  results: z.object({ failed_checks: z.array(z.object({ check_id: z.string() })) }),
});

it.runIf(CHECKOV !== undefined)(
  "Checkov finds what docs/security-decisions.md says that it does, and nothing else",
  async () => {
    const found = new Map<string, string[]>();
    for (const stack of STACKS) {
      for (const id of await findingsOf(stack)) {
        found.set(id, [...(found.get(id) ?? []), stack]);
      }
    }
    const rows = [...found].map(([id, stacks]) => `${id}: ${stacks.join(", ")}`);
    expect(rows.toSorted()).toEqual(tabled().toSorted());
  },
  300_000,
);

it("the table names each check once", () => {
  const ids = tabled().map((row) => row.split(":")[0]);
  expect(ids.length).toBeGreaterThan(5);
  expect(new Set(ids).size).toBe(ids.length);
});

async function findingsOf(stack: string): Promise<Set<string>> {
  const folder = await mkdtemp(join(tmpdir(), "checkov-test-"));
  try {
    const template = join(folder, "template.json");
    const node = createRun({ file: process.execPath, cwd: ROOT, timeoutMs: 120_000 });
    const file = `examples/Pulumi.${stack}.yaml`;
    const made = await node(["scripts/arm.ts", "--stack", file, "--out", template]);
    expect(made?.stderr).toBe("");
    expect((await readFile(template, "utf8")).length).toBeGreaterThan(10_000);
    const checkov = createRun({ file: CHECKOV ?? "", timeoutMs: 240_000 });
    const ran = await checkov(["-f", template, "--framework", "arm", "--quiet", "-o", "json"]);
    const { summary, results } = foundSchema.parse(JSON.parse(ran?.stdout ?? "null"));
    expect(summary.passed).toBeGreaterThan(20);
    return new Set(results.failed_checks.map(({ check_id }) => check_id));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function tabled(): string[] {
  const text = readFileSync(join(ROOT, "docs/security-decisions.md"), "utf8");
  return [...text.matchAll(/^\| (CKV\d?_AZURE_\d+) +\| ([a-z, ]+?) +\|/gm)].map(
    ([, id = "", stacks = ""]) => `${id}: ${stacks}`,
  );
}
