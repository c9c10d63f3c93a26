import { describe, expect, it } from "vitest";
import type { StackOutputs } from "../stack/outputs.ts";
import { describeDeployed } from "./after-up.ts";

const OUTPUTS: StackOutputs = {
  connectorUrl: "https://connector.example",
  azureAppId: "app",
  tenantId: "tenant",
  apiSecretKey: "[secret]",
  twitterCallbackUrl: "https://connector.example/Views/TwitterOAuth",
  statusUrl: "https://connector.example/",
  workbookUrl: "https://portal.azure.com/#resource/workbook",
  packageHash: "a1",
  portal: { Name: "n", "Connector URL": "u", Password: "[secret]", "Azure App ID": "app" },
};

describe("What npm run up ends with", () => {
  it("is the addresses that somebody needs now", () => {
    const text = describeDeployed(OUTPUTS, { hasTwitterValues: true });
    for (const name of ["statusUrl", "workbookUrl", "twitterCallbackUrl"] as const) {
      expect(text).toContain(OUTPUTS[name]);
    }
    expect(text).not.toContain("[secret]");
  });

  it.each([
    [true, "npm run smoke"],
    [false, "create the X developer app"],
  ])("and what to do next, with the four Twitter values there: %s", (hasTwitterValues, words) => {
    expect(describeDeployed(OUTPUTS, { hasTwitterValues })).toContain(words);
  });

  it("and who has to trust the site first, where that is somebody else's", () => {
    const federatedCredential = { issuer: "i", subject: "s", audience: "a" };
    const text = describeDeployed({ ...OUTPUTS, federatedCredential }, { hasTwitterValues: true });
    expect(text).toContain("federated credential");
    expect(describeDeployed(OUTPUTS, { hasTwitterValues: true })).not.toContain("federated");
  });
});
