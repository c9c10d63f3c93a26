import { describe, expect, it } from "vitest";
import { isSignedWith, readOAuth, signatureBase, type SignedRequest } from "./oauth1.ts";

// The example of RFC 5849 section 3.4.1.1.
const rfcExample = {
  method: "POST",
  baseUri: "http://example.com/request",
};

const rfcParameters = [
  ["b5", "=%3D"],
  ["a3", "a"],
  ["c@", ""],
  ["a2", "r b"],
  ["oauth_consumer_key", "9djdj82h48djs9d2"],
  ["oauth_token", "kkk9d7dh3k39sjv7"],
  ["oauth_signature_method", "HMAC-SHA1"],
  ["oauth_timestamp", "137131201"],
  ["oauth_nonce", "7d8f3e4a"],
  ["c2", ""],
  ["a3", "2 q"],
] as const;

// The example that X's own documentation signs ("Creating a signature").
const xExample: SignedRequest = {
  method: "POST",
  baseUri: "https://api.x.com/1.1/statuses/update.json",
  query: "include_entities=true",
  form: "status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21",
  authorization:
    'OAuth oauth_consumer_key="xvz1evFS4wEEPTGEFPHBog", oauth_nonce="kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg", ' +
    'oauth_signature="Ls93hJiZbQ3akF3HF3x1Bz8%2FzU4%3D", oauth_signature_method="HMAC-SHA1", oauth_timestamp="1318622958", ' +
    'oauth_token="370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb", oauth_version="1.0"',
};

const xSecrets = {
  consumer: "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
  token: "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
};

function isSigned(request: SignedRequest): boolean {
  const oauth = readOAuth(request);
  return oauth !== undefined && isSignedWith(request, oauth, xSecrets);
}

describe("OAuth 1.0a", () => {
  it("builds the signature base string of the RFC's example", () => {
    expect(signatureBase(rfcExample, rfcParameters)).toBe(
      "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26" +
        "oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26" +
        "oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7",
    );
  });

  it("accepts a request that is signed as X's documentation signs it", () => {
    expect(isSigned(xExample)).toBe(true);
  });

  it("counts a protocol parameter once that the form repeats with the same value", () => {
    const nonce = "oauth_nonce=kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg";
    expect(isSigned({ ...xExample, form: `${xExample.form}&${nonce}` })).toBe(true);
  });

  it.each([
    ["the method", { method: "GET" }],
    ["the address", { baseUri: "http://127.0.0.1:8080/1.1/statuses/update.json" }],
    ["the query", { query: "include_entities=false" }],
    ["a query parameter that was added", { query: "include_entities=true&trim_user=1" }],
    ["the form", { form: "status=Hello" }],
    [
      "no signature",
      { authorization: xExample.authorization.replace(/oauth_signature="[^"]*", /, "") },
    ],
    [
      "an empty signature",
      { authorization: xExample.authorization.replace(/(oauth_signature)="[^"]*"/, '$1=""') },
    ],
    ["another scheme", { authorization: "Basic YTpi" }],
    [
      "another method of signing",
      { authorization: xExample.authorization.replace("HMAC-SHA1", "PLAINTEXT") },
    ],
    ["another version", { authorization: xExample.authorization.replace('"1.0"', '"2.0"') }],
    ["a parameter given twice", { query: "include_entities=true&oauth_nonce=x" }],
    [
      "a time that is no number",
      { authorization: xExample.authorization.replace("1318622958", "now") },
    ],
    ["a broken escape", { authorization: xExample.authorization.replace("%3D", "%3") }],
  ])("refuses another request: %s", (_what, change) => {
    expect(isSigned({ ...xExample, ...change })).toBe(false);
  });
});
