import { describe, expect, it } from "vitest";
import { ConnectorError, type ErrorCode } from "../errors.ts";
import { createParts, OWN_TOKEN, X_KEYS } from "../testing/harness.ts";
import { type ScriptedAnswer, startScriptedX } from "../testing/serve-x.ts";
import { classifyRefusal, rateLimitReset } from "./errors.ts";

const OLD = "https://api.twitter.com/2/problems";
const NEW = "https://api.x.com/2/problems";
const HTML = { "content-type": "text/html" };

/** The rows of docs/x-api.md#errors, with both spellings of the problem types. */
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
  // X's timelines answered so for eight hours (2025-09-10).
  ["404", problem(404, "Not Found", "about:blank"), "x-unavailable"],
  ["404 without a body", { status: 404 }, "x-unavailable"],
  ["a clock that is wrong", codes(401, 135, "Timestamp out of bounds."), "x-unavailable"],
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

describe("Of a question that X does not take, the error says what and why:", () => {
  const said = async (body: object) => {
    const x = await startScriptedX(() => ({ status: 400, body }));
    const asked = createParts(x.url).twitter.me();
    const error: unknown = await asked.catch((thrown: unknown) => thrown);
    await x.close();
    return error instanceof ConnectorError ? error : undefined;
  };
  const invalid = (...errors: object[]) => ({
    errors,
    title: "Invalid Request",
    detail: "One or more parameters to your request was invalid.",
    type: `${NEW}/invalid-request`,
  });

  it("X's words on each parameter, without the whole list of what it would take", async () => {
    const fields = Array.from({ length: 40 }, () => "context_annotations").join(",");
    const error = await said(
      invalid(
        {
          parameters: { "tweet.fields": [`id,text,note_tweet,${fields}`] },
          message: `The \`tweet.fields\` query parameter value [note_tweet] is not one of [${fields}]`,
        },
        {
          parameters: { max_results: ["100"] },
          message: "The `max_results` query parameter value [100] is not between 5 and 50",
        },
      ),
    );
    expect(error?.message).toContain("query parameter value [note_tweet] is not one of [context_");
    expect(error?.message).toContain("[100] is not between 5 and 50");
    expect(error?.message.length).toBeLessThan(500);
    expect(error).toMatchObject({
      code: "x-bad-request",
      parameters: ["tweet.fields", "max_results"],
    });
  });

  it("the parameter and its value, where X's words do not name it", async () => {
    const error = await said(invalid({ parameters: { expansions: ["referenced_tweets.id"] } }));
    expect(error?.message).toContain("expansions [referenced_tweets.id]");
    const worded = { parameters: { expansions: ["bogus"] }, message: "That is not known" };
    expect((await said(invalid(worded)))?.message).toContain(
      "That is not known expansions [bogus]",
    );
  });

  it("no credential that X quotes", async () => {
    const token = X_KEYS.twitterAccessToken;
    const message = `The value [${token}] of oauth_token=${token} is not valid`;
    const error = await said(invalid({ parameters: { [token]: [token] }, message }));
    expect(error?.message).toContain("is not valid");
    expect(error?.message).not.toContain(token);
  });
});

const ASK_FOR_POSTS: [string, (of: Twitter) => Promise<unknown>][] = [
  ["timeline", (of) => of.timeline(OWN_TOKEN, "42", { maxResults: 5 })],
  ["lookup", (of) => of.lookup(OWN_TOKEN, ["1"])],
];
const PAGE = "<html><h1>Your organization's proxy</h1> secret-0123456789abcdef</html>";
const WHOLE: Record<string, ScriptedAnswer> = {
  "403 from a proxy": { status: 403, body: PAGE, headers: HTML },
  "401 from a proxy": { status: 401, body: PAGE, headers: HTML },
  "400 that says nothing": { status: 400 },
  "400 from a gateway": { status: 400, body: "Bad request", headers: HTML },
  "400 without a reason": { status: 400, body: { title: "Bad Request", status: 400 } },
  "a page with 200": { status: 200, body: PAGE, headers: HTML },
  "a page with 200 called JSON": { status: 200, body: PAGE },
  "an empty body with 200": { status: 200 },
  "a way elsewhere": { status: 302, headers: { location: "https://login.example/" } },
  "a list": { status: 200, body: [] },
  "another's JSON": { status: 200, body: { message: "upstream", ok: false } },
  "an error with 200": {
    status: 200,
    body: { title: "Service Unavailable", status: 503, type: "about:blank" },
  },
  "an old error with 200": { status: 200, body: { errors: [{ code: 131, message: "Internal" }] } },
};

describe.each(ASK_FOR_POSTS)("%s takes for an outage of X", (_call, call) => {
  it.each(Object.entries(WHOLE))("%s", async (_title, answer) => {
    const account = { status: 200, body: { data: { id: "42", username: "small", name: "Small" } } };
    const x = await startScriptedX(({ path }) =>
      path.startsWith("/2/users/me") ? account : answer,
    );
    const error: unknown = await call(createParts(x.url).twitter).catch(
      (thrown: unknown) => thrown,
    );
    await x.close();
    expect(error).toMatchObject({ name: "ConnectorError", code: "x-unavailable" });
    expect(String(error)).not.toMatch(/proxy|secret/);
  });

  it.each<[ErrorCode, ScriptedAnswer]>([
    ["x-token-refused", codes(401, 89, "Invalid or expired token.")],
    ["x-forbidden", problem(403, "Forbidden", `${NEW}/client-forbidden`)],
  ])("404, unless X says more of the account itself: %s", async (code, ofAccount) => {
    const x = await startScriptedX(({ path }) =>
      path.startsWith("/2/users/me") ? ofAccount : { status: 404 },
    );
    const asked = call(createParts(x.url).twitter);
    await expect(asked).rejects.toMatchObject({ code });
    await x.close();
  });

  it("404, also where X says nothing of the account", async () => {
    const x = await startScriptedX(() => ({ status: 404 }));
    const asked = call(createParts(x.url).twitter);
    await expect(asked).rejects.toMatchObject({ code: "x-unavailable", message: "X answered 404" });
    await x.close();
  });

  it.each<[ErrorCode, object]>([
    ["x-rate-limited", { title: "Too Many Requests", status: 429, type: "about:blank" }],
    ["x-rate-limited", { errors: [{ code: 88, message: "Rate limit exceeded" }] }],
    ["x-credits-spent", { title: "Payment Required", status: 402 }],
    ["x-forbidden", { title: "Forbidden", status: 403 }],
  ])("no error that says with 200 what it is: %s", async (code, body) => {
    const x = await startScriptedX(() => ({ status: 200, body }));
    await expect(call(createParts(x.url).twitter)).rejects.toMatchObject({ code });
    await x.close();
  });
});

it("A rate limit says when to ask again, a spent cap does not", async () => {
  const date = "Mon, 01 Jun 2026 12:00:00 GMT";
  const headers = { date, "x-rate-limit-remaining": "0", "x-rate-limit-reset": "1780315500" };
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
    [{ status: 408 }, "x-unavailable"],
    [{ status: 418 }, "x-bad-request"],
    [{ status: 400, reasons: ["start_time is odd"] }, "x-bad-request"],
    [{ status: 400 }, "x-unavailable"],
    [{ status: 401, isForeign: true }, "x-unavailable"],
    [{ status: 429, isForeign: true }, "x-rate-limited"],
  ])("calls %o %s", (refusal, code) => {
    const nothing = { slug: "", codes: [], title: "", detail: "", reasons: [], parameters: [] };
    expect(classifyRefusal({ status: 0, isForeign: false, ...nothing, ...refusal })).toBe(code);
  });
});

describe("rateLimitReset", () => {
  const now = new Date("2026-06-01T12:00:00Z");
  const inSeconds = (seconds: number) => String(now.getTime() / 1000 + seconds);
  const after = (headers: Record<string, unknown>) => {
    const at = rateLimitReset(headers, now);
    return at && (at.getTime() - now.getTime()) / 1000;
  };
  const day = (limit: string, remaining: number, seconds: number) => ({
    [`x-${limit}-limit-24hour-remaining`]: String(remaining),
    [`x-${limit}-limit-24hour-reset`]: inSeconds(seconds),
  });

  it.each<[string, unknown, number | undefined]>([
    ["is a second after what X says", inSeconds(300), 301],
    ["takes a number, too", now.getTime() / 1000 + 1, 2],
    ["is at the end of the longest window", inSeconds(900), 901],
    ["is no later than that, whatever X says", inSeconds(86_400 * 365), 901],
    ["nor where X says it in milliseconds", now.getTime() + 300_000, 901],
    ["is not what is over", inSeconds(0), undefined],
    ["nor what is long over", inSeconds(-3600), undefined],
    ["is not without a header", undefined, undefined],
    ["nor made of words", "soon", undefined],
  ])("%s, whatever calls are left", (_title, reset, seconds) => {
    for (const remaining of [undefined, "0", "299"]) {
      const headers = { "x-rate-limit-reset": reset, "x-rate-limit-remaining": remaining };
      expect(after(headers)).toBe(seconds);
    }
  });

  it.each(["app", "user"])("waits for a spent limit of 24 hours: %s", (limit) => {
    expect(after(day(limit, 0, 7200))).toBe(7201);
    expect(after({ ...day(limit, 0, 7200), "x-rate-limit-reset": inSeconds(60) })).toBe(7201);
    expect(after(day(limit, 0, 86_400 * 30))).toBe(86_401);
    expect(after(day(limit, 0, -5))).toBeUndefined();
  });

  it("does not wait for a limit of 24 hours that is not spent", () => {
    const headers = { ...day("app", 12, 7200), ...day("user", 1, 7200) };
    expect(after({ ...headers, "x-rate-limit-reset": inSeconds(60) })).toBe(61);
  });

  it.each([
    ["fast", "Mon, 01 Jun 2026 11:50:00 GMT"],
    ["slow", "Mon, 01 Jun 2026 12:10:00 GMT"],
  ])("measures by X's clock, where ours is %s", (_which, date) => {
    const reset = String(Date.parse(date) / 1000 + 300);
    expect(after({ date, "x-rate-limit-reset": reset })).toBe(301);
  });

  it("measures by ours where X does not say what time it is", () => {
    expect(after({ date: "today", "x-rate-limit-reset": inSeconds(300) })).toBe(301);
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
