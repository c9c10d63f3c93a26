import { describe, expect, it } from "vitest";
import { chooseCredential } from "./credential.ts";

const HOME = "11111111-1111-4111-8111-111111111111";
const ELSEWHERE = "22222222-2222-4222-8222-222222222222";
const OWN = "33333333-3333-4333-8333-333333333333";

type Case = [
  expected: "federated" | "secret",
  config: Parameters<typeof chooseCredential>[0],
  hasAppSecret: boolean,
];

describe("chooseCredential", () => {
  it.each<Case>([
    ["federated", {}, false],
    ["federated", { tenantId: HOME }, false],
    ["federated", { tenantId: HOME, azureAppId: OWN }, false],
    ["secret", { credential: "secret" }, false],
    ["secret", { tenantId: ELSEWHERE }, false],
    ["secret", { azureAppId: OWN }, true],
    ["secret", { tenantId: ELSEWHERE, azureAppId: OWN }, true],
  ])("is %s for %j", (expected, config, hasAppSecret) => {
    expect(chooseCredential(config, { hasAppSecret, deployerTenantId: HOME })).toBe(expected);
  });

  it.each<[RegExp, Case[1]]>([
    [
      /^credential: .*pulumi config set credential secret/,
      { tenantId: ELSEWHERE, credential: "federated" },
    ],
    [/^azureAppSecret: .*pulumi config set --secret/, { tenantId: ELSEWHERE, azureAppId: OWN }],
  ])("refuses with %s", (words, config) => {
    expect(() => chooseCredential(config, { hasAppSecret: false, deployerTenantId: HOME })).toThrow(
      words,
    );
  });
});
