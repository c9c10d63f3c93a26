import fc from "fast-check";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { describe, expect, it } from "vitest";
import { queryParam } from "./problem.ts";

const NAMES = ["jobId", "tenantId", "remediationType", "oauth_token"];
const someName = fc.constantFrom(...NAMES);
const someValue = fc.string({ unit: "binary" }).map((text) => text.toWellFormed());
const spelt = (name: string) => fc.mixedCase(fc.constant(name));

describe("queryParam", () => {
  it("gives back every value, under every spelling of its name, whatever stands beside it", async () => {
    const query = someName.chain((name) =>
      fc.tuple(fc.constant(name), spelt(name), someValue, fc.array(someValue)),
    );
    await fc.assert(
      fc.asyncProperty(query, async ([name, spelling, value, others]) => {
        const pairs: [string, string][] = [
          ...others.map((other, index): [string, string] => [`x${index}`, other]),
          [spelling, value],
        ];
        const search = new URLSearchParams(pairs).toString();
        expect(await ask(search, name)).toEqual({ value });
      }),
    );
  });

  it("refuses a name that is there twice, in whatever spellings and with whatever values", async () => {
    const query = someName.chain((name) =>
      fc.tuple(fc.constant(name), spelt(name), someValue, spelt(name), someValue),
    );
    await fc.assert(
      fc.asyncProperty(query, async ([name, one, value, other, otherValue]) => {
        const search = new URLSearchParams([
          [one, value],
          [other, otherValue],
        ]).toString();
        expect(await ask(search, name)).toEqual({ refused: `${name} is given more than once` });
      }),
    );
  });

  it("gives a value or nothing, or refuses, for whatever else stands in an address", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary-ascii", maxLength: 60 }), async (text) => {
        const answer = await ask(`jobId${text.replaceAll("#", "")}`, "jobId");
        expect(Object.keys(answer).every((key) => ["value", "refused"].includes(key))).toBe(true);
      }),
    );
  });
});

async function ask(search: string, name: string): Promise<{ value?: string; refused?: string }> {
  let answer = {};
  const app = new Hono().get("/", (c) => {
    try {
      const value = queryParam(c, name);
      answer = value === undefined ? {} : { value };
    } catch (error) {
      if (!(error instanceof HTTPException) || error.status !== 400) {
        throw error;
      }
      answer = { refused: error.message };
    }
    return c.body(null);
  });
  const response = await app.request(`/?${search}`);
  expect(response.status).toBe(200);
  return answer;
}
