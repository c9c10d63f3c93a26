import { describe, expect, it } from "vitest";
import { explainPulumi } from "./explain-pulumi.ts";

describe("explainPulumi", () => {
  it.each<[said: string, message: RegExp, remedy: RegExp]>([
    [
      "Downloading pulumi v3.265.0...\npulumi: fetch failed",
      /^The Pulumi CLI is not on this machine.*\(fetch failed\)$/,
      /get\.pulumi\.com.*HTTPS_PROXY.*versions/,
    ],
    [
      "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions",
      /not logged in/,
      /npx pulumi login --local/,
    ],
    [
      "error: no stack selected; please use `pulumi stack select` or `pulumi stack init`",
      /^No stack is selected/,
      /stack init production/,
    ],
    ["error: no stack named 'dev' found", /not in this backend/, /stack ls/],
    [
      "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables",
      /sealed with a passphrase, which is not set/,
      /PULUMI_CONFIG_PASSPHRASE_FILE/,
    ],
    [
      "error: failed to decrypt configuration key 'p:k': incorrect passphrase",
      /passphrase does not open/,
      /of this stack/,
    ],
    [
      "warning: something\nerror: the backend is on fire\n  at line 1",
      /^pulumi stack output failed: the backend is on fire$/,
      /^See for yourself: npx pulumi stack output$/,
    ],
    ["", /^pulumi stack output failed$/, /npx pulumi stack output/],
  ])("%s", (stderr, message, remedy) => {
    const error = explainPulumi(stderr, ["stack", "output"]);
    expect(error.message).toMatch(message);
    expect(error.remedy).toMatch(remedy);
  });
});
