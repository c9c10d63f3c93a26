import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { plainSchema } from "../infra/config-schema.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (file: string) => readFileSync(`${ROOT}${file}`, "utf8");
const PAGES = [
  ...readdirSync(ROOT).filter((file) => file.endsWith(".md")),
  ...["docs", ".github"].flatMap((folder) =>
    readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".md"))
      .map((file) => `${folder}/${file.replaceAll("\\", "/")}`),
  ),
];
/** Files with comments, by folder and at the root. */
const SOURCES = [
  ...["app", "infra", "scripts", "examples", ".github"].flatMap((folder) =>
    readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(?:[jt]s|ya?ml)$/.test(file))
      .map((file) => `${folder}/${file.replaceAll("\\", "/")}`),
  ),
  "Pulumi.yaml",
  "vitest.config.ts",
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

/** `docs/x-api.md#prices`: a page, by its path in the repository, and maybe a section of it. */
const CITATION = /(?<![\w./-])((?:[\w-]+\/)*[\w-]+\.md)(?:#([\w-]+))?/g;

describe("Comments", () => {
  const cited = SOURCES.flatMap((file) =>
    commentsOf(read(file)).flatMap((comment) =>
      [...comment.matchAll(CITATION)].map(([, page = "", section]) => ({ file, page, section })),
    ),
  );

  it("cite pages that are there", () => {
    expect(cited.length).toBeGreaterThan(50);
    expect(cited.filter(({ page }) => !existsSync(ROOT + page))).toEqual([]);
  });

  it("cite sections that are there", () => {
    const missing = cited.filter(
      ({ page, section }) => section !== undefined && !sectionsOf(read(page)).includes(section),
    );
    expect(missing).toEqual([]);
  });
});

/** What stands behind `//` or `#`, or between the marks of a block; also a description in YAML. */
function commentsOf(source: string): string[] {
  return source.match(/\/\*[^]*?\*\/|(?<!:)\/\/.*|(?<=^|\s)# .*|description: .*/gm) ?? [];
}

/** Anchors as GitHub makes them from headings. */
function sectionsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
}

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
