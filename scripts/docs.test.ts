import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { plainSchema } from "../infra/config.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (file: string) => readFileSync(`${ROOT}${file}`, "utf8");
const PAGES = [
  ...readdirSync(ROOT).filter((file) => file.endsWith(".md")),
  ...readdirSync(`${ROOT}docs`)
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];
const about = z
  .object({
    scripts: z.record(z.string(), z.string()),
    dependencies: z.record(z.string(), z.string()),
    devDependencies: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(read("package.json")));

describe.each(PAGES)("%s", (page) => {
  const text = read(page);

  it("names commands that are there", () => {
    const named = [...text.matchAll(/npm\s+run\s+([\w-]+)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => !(name in about.scripts))).toEqual([]);
  });

  it("links to files that are there", () => {
    const folder = page.includes("/") ? page.slice(0, page.lastIndexOf("/") + 1) : "";
    const links = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = ""]) => link);
    const local = links.filter((link) => !/^https?:/.test(link));
    expect(local.filter((link) => !existsSync(`${ROOT}${folder}${link}`))).toEqual([]);
  });

  it("names files of ours that are there", () => {
    const named = [...text.matchAll(/`((?:app|infra|scripts|docs)\/[\w./-]+\.[a-z-]+)`/g)];
    const missing = named.map(([, file = ""]) => file).filter((file) => !existsSync(ROOT + file));
    expect(missing).toEqual([]);
  });
});

describe("ARCHITECTURE.md", () => {
  it("says of every dependency why it is there", () => {
    const text = read("ARCHITECTURE.md");
    const names = Object.keys({ ...about.dependencies, ...about.devDependencies });
    // Types belong to the package that they describe; packages of one family stand together.
    const spelled = names
      .filter((name) => !name.startsWith("@types/"))
      .map((name) => name.replace(/^@(azure|pulumi)\//, ""));
    expect(spelled.filter((name) => !text.includes(name))).toEqual([]);
  });
});

describe("README.md", () => {
  it("names keys of the configuration that are there", () => {
    const text = read("README.md");
    const named = [...text.matchAll(/config set (?:--secret )?([a-z]\w+) /g)];
    const keys = named.map(([, key = ""]) => key);
    expect(keys.length).toBeGreaterThan(0);
    expect(
      keys.filter((key) => !(key in plainSchema.shape) && !/^(?:twitter|azure)/.test(key)),
    ).toEqual([]);
  });

  it.each(["CONTRIBUTING.md"])("%s stays under 60 lines", (page) => {
    expect(read(page).split("\n").length).toBeLessThan(60);
  });
});
