import type { StackOutputs } from "../stack/outputs.ts";

/** What somebody wants at hand right after `npm run up`, and what to do then. */
export function describeDeployed(
  { statusUrl, workbookUrl, twitterCallbackUrl, federatedCredential }: StackOutputs,
  { hasTwitterValues }: { hasTwitterValues: boolean },
): string {
  const lines = [
    ["Status page", statusUrl],
    ...(workbookUrl === undefined ? [] : [["Workbook", workbookUrl]]),
    ["Callback URL for X", twitterCallbackUrl],
  ].map(([label = "", value]) => `  ${label.padEnd(20)}${value}`);
  return ["", ...lines, "", ...next(Boolean(federatedCredential), hasTwitterValues), ""].join("\n");
}

function next(mustBeTrusted: boolean, hasTwitterValues: boolean): string[] {
  return [
    "Next:",
    ...(mustBeTrusted
      ? ["  Have the registration's owner add the federated credential: npm run handoff shows it."]
      : []),
    hasTwitterValues
      ? "  npm run smoke, then npm run handoff: what to enter in the compliance portal."
      : "  npm run handoff: create the X developer app with this callback URL, give the stack its four " +
        "values, and run npm run up again.",
  ];
}
