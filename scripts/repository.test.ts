import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
const { version, scripts } = z
  .object({ version: z.string(), scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(read("package.json")));

const WORKFLOWS = readdirSync(new URL("../.github/workflows", import.meta.url));
const step = z.looseObject({ uses: z.string().optional(), run: z.string().optional() });
const workflowSchema = z.looseObject({
  permissions: z.record(z.string(), z.enum(["read", "write", "none"])),
  jobs: z.record(
    z.string(),
    z.looseObject({ uses: z.string().optional(), steps: z.array(step).default([]) }),
  ),
});

describe.each(WORKFLOWS)(".github/workflows/%s", (file) => {
  const { permissions, jobs } = workflowSchema.parse(parse(read(`.github/workflows/${file}`)));
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it("runs scripts of package.json", () => {
    const named = steps.flatMap(({ run = "" }) =>
      [...run.matchAll(/npm (?:run )?(test(?::\w+)?|(?<=run )[\w:-]+)/g)].map(
        ([, name = ""]) => name,
      ),
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it("pins each action of others by its commit", () => {
    const used = [...steps, ...Object.values(jobs)].flatMap(({ uses }) => uses ?? []);
    const foreign = used.filter((action) => !action.startsWith("./"));
    expect(foreign.filter((action) => !/@[\da-f]{40}$/.test(action))).toEqual([]);
  });

  it("may only read, unless a job says otherwise", () => {
    expect(permissions).toEqual({ contents: "read" });
  });
});

describe("package-lock.json", () => {
  it("names no registry: where packages come from is the machine's own configuration", () => {
    expect(read("package-lock.json")).not.toContain('"resolved": "http');
    expect(read(".npmrc")).not.toMatch(/registry\s*=/);
  });
});

describe("CHANGELOG.md", () => {
  const headings = [...read("CHANGELOG.md").matchAll(/^## (.+)$/gm)].map(([, title = ""]) => title);

  it("has a section for each version, newest first, after what is not released", () => {
    const [first, ...released] = headings;
    expect(first).toBe("[Unreleased]");
    expect(
      released.filter((title) => !/^\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$/.test(title)),
    ).toEqual([]);
    const versions = released.map((title) => title.slice(1, title.indexOf("]")));
    const newestFirst = versions.toSorted((a, b) => b.localeCompare(a, "en", { numeric: true }));
    expect(versions).toEqual(newestFirst);
    expect([version, undefined]).toContain(versions[0]);
  });

  it("uses the kinds of changes of Keep a Changelog, and upgrade notes", () => {
    const kinds = [...read("CHANGELOG.md").matchAll(/^### (.+)$/gm)].map(([, kind = ""]) => kind);
    const known = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
    expect(kinds.filter((kind) => ![...known, "Upgrade notes"].includes(kind))).toEqual([]);
  });
});
