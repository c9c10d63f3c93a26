import { describe, expect, it } from "vitest";
import { z } from "zod";
import { problemsIn } from "../testing/kusto.ts";
import { PANELS, workbookOver } from "./workbook.ts";

const WORKSPACE = "/subscriptions/s/workspaces/w";

const itemSchema = z.looseObject({
  type: z.number(),
  name: z.string(),
  content: z.looseObject({
    title: z.string().optional(),
    parameters: z.array(z.looseObject({ name: z.string() })).optional(),
    timeContextFromParameter: z.string().optional(),
  }),
});

describe("each panel", () => {
  it.each(PANELS)("$title has a query that Azure can read", ({ query }) => {
    expect(problemsIn(query)).toEqual([]);
  });

  it.each(PANELS.filter(({ visualization }) => visualization.endsWith("chart")))(
    "$title is drawn over time",
    ({ query }) => {
      expect(query).toMatch(/ by (bin\((TimeGenerated|delivered), 1[hd]\)|day)\n?/);
    },
  );
});

describe("the page", () => {
  it("shows delivery, coverage, reads and lag, and what is in the way", () => {
    const titles = PANELS.map(({ title }) => title).join("\n");
    for (const word of [
      "Items delivered",
      "Coverage",
      "Posts read",
      "Lag",
      "Problems",
      "not delivered",
    ]) {
      expect(titles).toContain(word);
    }
  });

  it("has one choice of time, which every query follows", () => {
    const { items } = readPage();
    const parameters = items.flatMap(({ content }) => content.parameters ?? []);
    expect(parameters.map(({ name }) => name)).toEqual(["TimeRange"]);
    const queries = items.filter(({ type }) => type === 3);
    expect(queries).toHaveLength(PANELS.length);
    for (const { content } of queries) {
      expect(content).toMatchObject({
        version: "KqlItem/1.0",
        queryType: 0,
        resourceType: "microsoft.operationalinsights/workspaces",
        crossComponentResources: [WORKSPACE],
        timeContextFromParameter: "TimeRange",
      });
    }
  });

  it("gives every part a name of its own", () => {
    const names = readPage().items.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

/** As Azure keeps it: text. */
function readPage() {
  const page: unknown = JSON.parse(JSON.stringify(workbookOver(WORKSPACE)));
  return z.object({ version: z.literal("Notebook/1.0"), items: z.array(itemSchema) }).parse(page);
}
