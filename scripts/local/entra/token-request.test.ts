import { expect, test } from "vitest";

import { assertionMatches, readTokenRequest } from "./token-request.ts";

const CLIENT = { objectId: "o", secrets: ["first:", "second"], credentials: [] };
const CLIENTS = new Map([["c", CLIENT]]);
const GOOD = "grant_type=client_credentials&client_id=c&client_secret=second";
const SCOPE = "scope=https%3A%2F%2Fr.example%2F.default";

test.each([
  ["the secret in the body", 2, `${GOOD}&${SCOPE}`, "", "https://r.example"],
  [
    "the scope of a resource that ends in a slash",
    2,
    `${GOOD}&scope=https://r.example//.default`,
    "",
    "https://r.example/",
  ],
  [
    "the secret in Basic",
    2,
    `grant_type=client_credentials&${SCOPE}`,
    "c:second",
    "https://r.example",
  ],
  [
    "a form-encoded secret in Basic",
    2,
    `grant_type=client_credentials&${SCOPE}`,
    "c:first%3A",
    "https://r.example",
  ],
  ["the resource of v1", 1, `${GOOD}&resource=https://r.example/`, "", "https://r.example/"],
  [
    "the bare id of an application",
    2,
    `${GOOD}&scope=0b0b8b0e-6f0e-4e6c-9d6b-2f6f3c8d7b11/.default`,
    "",
    "0b0b8b0e-6f0e-4e6c-9d6b-2f6f3c8d7b11",
  ],
] as const)("grants a token for %s", (_, version, body, basic, resource) => {
  expect(ask(version, body, basic)).toEqual({ clientId: "c", objectId: "o", resource, version });
});

test.each([
  ["no grant type", 2, "client_id=c", "invalid_request", "AADSTS900144"],
  [
    "another grant type",
    2,
    "grant_type=password&client_id=c",
    "unsupported_grant_type",
    "AADSTS70003",
  ],
  ["no client", 2, `grant_type=client_credentials&${SCOPE}`, "invalid_request", "AADSTS900144"],
  [
    "an unknown client",
    2,
    `${GOOD.replace("=c&", "=d&")}&${SCOPE}`,
    "unauthorized_client",
    "AADSTS700016",
  ],
  [
    "no secret",
    2,
    `grant_type=client_credentials&client_id=c&${SCOPE}`,
    "invalid_client",
    "AADSTS7000216",
  ],
  ["a wrong secret", 2, `${GOOD}x&${SCOPE}`, "invalid_client", "AADSTS7000215"],
  ["no scope", 2, GOOD, "invalid_request", "AADSTS900144"],
  [
    "a scope without /.default",
    2,
    `${GOOD}&scope=https://r.example`,
    "invalid_scope",
    "AADSTS1002012",
  ],
  [
    "two scopes",
    2,
    `${GOOD}&scope=https://r.example/.default https://s.example/.default`,
    "invalid_scope",
    "AADSTS1002012",
  ],
  ["a scope at v1", 1, `${GOOD}&${SCOPE}`, "invalid_request", "AADSTS900144"],
  ["a resource that is none", 1, `${GOOD}&resource=storage`, "invalid_resource", "AADSTS500011"],
] as const)("refuses %s", (_, version, body, error, code) => {
  expect(ask(version, body)).toMatchObject({ error, code });
});

test("refuses a body that is no form", () => {
  const contentType = "application/json";
  const request = { version: 2 as const, contentType, authorization: undefined, clients: CLIENTS };
  expect(readTokenRequest({ ...request, body: `${GOOD}&${SCOPE}` })).toMatchObject({
    code: "AADSTS900144",
  });
});

const TRUST = { issuer: "i", subject: "s", audiences: ["api://AzureADTokenExchange"] };
const CLAIMS = { iss: "i", sub: "s", aud: "api://AzureADTokenExchange" };

test.each([
  [CLAIMS, true],
  [{ ...CLAIMS, iss: "j" }, false],
  [{ ...CLAIMS, sub: "t" }, false],
  [{ ...CLAIMS, aud: "https://storage.azure.com" }, false],
  [{ iss: "i", sub: "s" }, false],
])("an assertion with %j is trusted: %s", (claims, expected) => {
  expect(assertionMatches(TRUST, claims)).toBe(expected);
});

function ask(version: 1 | 2, body: string, basic = "") {
  const authorization = basic && `Basic ${Buffer.from(basic).toString("base64")}`;
  const contentType = "application/x-www-form-urlencoded; charset=utf-8";
  return readTokenRequest({ version, contentType, authorization, body, clients: CLIENTS });
}
