import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../errors.ts";
import { createParts, OWN_TOKEN } from "../testing/harness.ts";
import { type ScriptedAnswer, startScriptedX } from "../testing/serve-x.ts";
import { classifyRefusal, rateLimitReset } from "./errors.ts";

const OLD = "https://api.twitter.com/2/problems";
const NEW = "https://api.x.com/2/problems";
const HTML = { "content-type": "text/html" };

/** The rows of x-api.md section 5, with both spellings of the problem types. */
const ROWS: [string, ScriptedAnswer | undefined, ErrorCode][] = [
  ["400 (old)", problem(400, "Invalid Request", `${OLD}/invalid-request`), "x-bad-request"],
  ["400 (new)", problem(400, "Invalid Request", `${NEW}/invalid-request`), "x-bad-request"],
  ["401", problem(401, "Unauthorized", "about:blank"), "x-token-refused"],
  ["401, OAuth 1.0a", codes(401, 89, "Invalid or expired token."), "x-token-refused"],
  ["402 (old)", problem(402, "CreditsDepleted", `${OLD}/credits`), "x-credits-spent"],
  ["402 (new)", problem(402, "Payment Required", `${NEW}/credits-depleted`), "x-credits-spent"],
  ["402 without a body", { status: 402 }, "x-credits-spent"],
  ["credits under 403", problem(403, "CreditsDepleted", `${OLD}/credits`), "x-credits-spent"],
  [
    "403 client-forbidden",
    problem(403, "Client Forbidden", `${OLD}/client-forbidden`),
    "x-forbidden",
  ],
  [
    "403 wrong auth",
    problem(403, "Unsupported", `${NEW}/unsupported-authentication`),
    "x-forbidden",
  ],
  ["403 O1 scope", problem(403, "Forbidden", `${NEW}/oauth1-permissions`), "x-forbidden"],
  ["404", problem(404, "Not Found", `${NEW}/resource-not-found`), "x-bad-request"],
  ["429 rate, with a code", codes(429, 88, "Rate limit exceeded"), "x-rate-limited"],
  ["429 rate", problem(429, "Too Many Requests", "about:blank"), "x-rate-limited"],
  ["429 rate (new)", problem(429, "Too Many", `${NEW}/rate-limit-exceeded`), "x-rate-limited"],
  ["429 cap (old)", problem(429, "UsageCapExceeded", `${OLD}/usage-capped`), "x-usage-capped"],
  ["429 cap (new)", problem(429, "UsageCapExceeded", `${NEW}/usage-capped`), "x-usage-capped"],
  ["500", problem(500, "Internal", `${NEW}/internal-error`), "x-unavailable"],
  ["502 in HTML", { status: 502, body: "<h1>Bad gateway</h1>", headers: HTML }, "x-unavailable"],
  ["503 without a body", { status: 503 }, "x-unavailable"],
  ["503 in HTML called JSON", { status: 503, body: "<h1>Over capacity</h1>" }, "x-unavailable"],
  ["504", { status: 504, body: "upstream timeout", headers: HTML }, "x-unavailable"],
  ["a cut connection", undefined, "x-unavailable"],
];

describe.each([
  ["timeline", (of: Twitter) => of.timeline(OWN_TOKEN, "42", { maxResults: 5 })],
  ["lookup", (of: Twitter) => of.lookup(OWN_TOKEN, ["1"])],
  ["me", (of: Twitter) => of.me(OWN_TOKEN)],
  ["requestToken", (of: Twitter) => of.requestToken("https://connector.example/")],
  ["revoke", (of: Twitter) => of.revoke(OWN_TOKEN)],
])("%s", (_call, call) => {
  it.each(ROWS)("calls an answer by its name: %s", async (_title, answer, code) => {
    const x = await startScriptedX(() => answer);
    const { twitter } = createParts(x.url);
    const error: unknown = await call(twitter).catch((thrown: unknown) => thrown);
    await x.close();
    expect(error).toMatchObject({ name: "ConnectorError", code });
  });
});

it("A refusal quotes X's title and detail, which the library leaves out", async () => {
  const body = { title: "Forbidden", detail: "Not configured.", type: `${NEW}/oauth1-permissions` };
  const x = await startScriptedX(() => ({ status: 403, body }));
  const asked = createParts(x.url).twitter.me();
  await expect(asked).rejects.toThrow("X answered 403 (Forbidden: Not configured.)");
  await x.close();
});

it("A rate limit says when to ask again, a spent cap does not", async () => {
  const headers = { "x-rate-limit-remaining": "0", "x-rate-limit-reset": "1780315500" };
  const cap = problem(429, "UsageCapExceeded", `${NEW}/usage-capped`);
  const answers = [
    { ...problem(429, "Too Many Requests", "about:blank"), headers },
    { ...cap, headers },
  ];
  const x = await startScriptedX(() => answers.shift());
  const { twitter } = createParts(x.url);
  const limited: unknown = await twitter.me().catch((thrown: unknown) => thrown);
  const capped: unknown = await twitter.me().catch((thrown: unknown) => thrown);
  await x.close();
  expect(limited).toMatchObject({ retryAt: new Date("2026-06-01T12:05:01Z") });
  expect(capped).toMatchObject({ code: "x-usage-capped", retryAt: undefined });
});

describe("classifyRefusal", () => {
  it.each<[Partial<Parameters<typeof classifyRefusal>[0]>, ErrorCode]>([
    [{ status: 200, codes: [88] }, "x-rate-limited"],
    [{ status: 403, codes: [89] }, "x-token-refused"],
    [{ status: 429, slug: "credits-depleted" }, "x-credits-spent"],
    [{ status: 403, slug: "usage-capped" }, "x-usage-capped"],
    [{ status: 599 }, "x-unavailable"],
    [{ status: 418 }, "x-bad-request"],
  ])("calls %o %s", (refusal, code) => {
    const whole = { status: 0, slug: "", codes: [], title: "", detail: "", ...refusal };
    expect(classifyRefusal(whole)).toBe(code);
  });
});

describe("rateLimitReset", () => {
  const now = new Date("2026-06-01T12:00:00Z");
  const inQuarterOfAnHour = "2026-06-01T12:15:01.000Z";

  it.each<[string, unknown, string]>([
    [
      "is a second after what X says",
      String(now.getTime() / 1000 + 300),
      "2026-06-01T12:05:01.000Z",
    ],
    ["takes a number, too", now.getTime() / 1000 + 1, "2026-06-01T12:00:02.000Z"],
    ["is at the end of the longest window", now.getTime() / 1000 + 900, inQuarterOfAnHour],
    ["doubts what is further away", now.getTime() / 1000 + 901, inQuarterOfAnHour],
    ["doubts what is over", now.getTime() / 1000, inQuarterOfAnHour],
    ["doubts milliseconds", now.getTime() + 300_000, inQuarterOfAnHour],
    ["does without", undefined, inQuarterOfAnHour],
    ["does not read words", "soon", inQuarterOfAnHour],
  ])("%s", (_title, reset, at) => {
    expect(rateLimitReset({ "x-rate-limit-reset": reset }, now).toISOString()).toBe(at);
    const spent = { "x-rate-limit-reset": reset, "x-rate-limit-remaining": "0" };
    expect(rateLimitReset(spent, now).toISOString()).toBe(at);
  });

  it("is a moment, where calls are left and the pace was too fast", () => {
    const headers = { "x-rate-limit-reset": String(now.getTime() / 1000 + 300) };
    const left = { ...headers, "x-rate-limit-remaining": "299" };
    expect(rateLimitReset(left, now).toISOString()).toBe("2026-06-01T12:00:02.000Z");
  });
});

type Twitter = ReturnType<typeof createParts>["twitter"];

function problem(status: number, title: string, type: string): ScriptedAnswer {
  return {
    status,
    body: { title, detail: `${title}, in detail`, type, status },
    headers: { "content-type": "application/problem+json" },
  };
}

function codes(status: number, code: number, message: string): ScriptedAnswer {
  return { status, body: { errors: [{ code, message }] } };
}
