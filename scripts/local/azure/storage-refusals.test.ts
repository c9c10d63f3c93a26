import { expect, test } from "vitest";

import { proofOf, refusalOfAccount } from "./storage-refusals.ts";

test.each([
  ["Bearer abc", "", "token"],
  ["SharedKey a:b", "", "key"],
  ["SharedKeyLite a:b", "sig=x", "key"],
  [undefined, "sv=1&sr=c&sig=x", "sas"],
  [undefined, "sv=1&ss=b&srt=o&sig=x", "sas"],
  [undefined, "sv=1&skoid=p&sig=x", "userDelegationSas"],
  [undefined, "comp=list", "nothing"],
])("the header %s with ?%s shows a %s", (authorization, query, proof) => {
  expect(proofOf(authorization, new URLSearchParams(query))).toBe(proof);
});

const KEYLESS = { allowSharedKeyAccess: false, allowBlobPublicAccess: false };
const WITH_KEYS = { allowSharedKeyAccess: true, allowBlobPublicAccess: false };
const PUBLIC = { allowSharedKeyAccess: true, allowBlobPublicAccess: true };

test.each([
  ["key", KEYLESS, "2025-01-05", "KeyBasedAuthenticationNotPermitted"],
  ["sas", KEYLESS, "2025-01-05", "KeyBasedAuthenticationNotPermitted"],
  ["userDelegationSas", KEYLESS, "2025-01-05", undefined],
  ["token", KEYLESS, "2025-01-05", undefined],
  ["key", WITH_KEYS, "2025-01-05", undefined],
  ["sas", WITH_KEYS, "2025-01-05", undefined],
  ["nothing", WITH_KEYS, "2025-01-05", "NoAuthenticationInformation"],
  ["nothing", WITH_KEYS, undefined, "PublicAccessNotPermitted"],
  ["nothing", PUBLIC, undefined, undefined],
] as const)("proof %s at %j, version %s: %s", (proof, rules, apiVersion, code) => {
  expect(refusalOfAccount(proof, rules, { tenantId: "t", apiVersion })?.code).toBe(code);
});

test("a request without proof is told where to get a token", () => {
  const refusal = refusalOfAccount("nothing", KEYLESS, { tenantId: "t", apiVersion: "2025-01-05" });
  expect(refusal?.status).toBe(401);
  expect(refusal?.headers?.["www-authenticate"]).toBe(
    "Bearer authorization_uri=https://login.microsoftonline.com/t/oauth2/authorize resource_id=https://storage.azure.com",
  );
});
