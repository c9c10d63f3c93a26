import { describe, expect, it } from "vitest";
import { findWeakHeaders } from "./headers.ts";

const GOOD = {
  "content-security-policy":
    "default-src 'none'; style-src 'nonce-abc'; frame-ancestors 'none'; base-uri 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=15552000; includeSubDomains",
};

describe("findWeakHeaders", () => {
  it("finds nothing where all is well", () => {
    expect(findWeakHeaders(new Headers(GOOD), { isHttps: true })).toEqual([]);
  });

  it.each<[string, Record<string, string>, string]>([
    [
      "a policy that allows inline script",
      {
        "content-security-policy": `${GOOD["content-security-policy"]}; script-src 'unsafe-inline'`,
      },
      "content-security-policy",
    ],
    [
      "a policy with a wildcard",
      { "content-security-policy": `${GOOD["content-security-policy"]}; img-src *` },
      "content-security-policy",
    ],
    [
      "a policy that lets others frame the page",
      { "content-security-policy": "default-src 'none'; base-uri 'none'" },
      "content-security-policy",
    ],
    [
      "a content type that may be guessed",
      { "x-content-type-options": "" },
      "x-content-type-options",
    ],
    ["a page in a frame of its own origin", { "x-frame-options": "SAMEORIGIN" }, "x-frame-options"],
    ["an address told to other sites", { "referrer-policy": "origin" }, "referrer-policy"],
    [
      "https that is forgotten after a minute",
      { "strict-transport-security": "max-age=60" },
      "strict-transport-security",
    ],
    [
      "https that is not remembered",
      { "strict-transport-security": "" },
      "strict-transport-security",
    ],
    ["a server that tells what it is", { "x-powered-by": "Express" }, "x-powered-by"],
  ])("finds %s", (_what, changes, name) => {
    const found = findWeakHeaders(new Headers({ ...GOOD, ...changes }), { isHttps: true });
    expect(found).toEqual([expect.stringContaining(name)]);
  });

  it("asks for no memory of https where there is none", () => {
    const { "strict-transport-security": _, ...others } = GOOD;
    expect(findWeakHeaders(new Headers(others), { isHttps: false })).toEqual([]);
  });
});
