import { MendableError } from "../checks/check.ts";

const LOGIN =
  "Log in to where the stack's state lies: npx pulumi login (Pulumi Cloud), or " +
  "npx pulumi login azblob://CONTAINER?storage_account=ACCOUNT, or npx pulumi login --local";

/** Error messages of Pulumi's CLI (version 3) and their remedies. First match wins. */
const KNOWN: [said: RegExp, message: string, remedy: string][] = [
  [
    /Downloading pulumi v\S+/,
    "The Pulumi CLI is not on this machine, and its download failed",
    "The npm package pulumi fetches the CLI from get.pulumi.com and github.com at first use. Allow " +
      "both (behind a proxy: HTTPS_PROXY and NODE_USE_ENV_PROXY=1), or unpack the release of that " +
      "version yourself, so that the executable is PULUMI_HOME/versions/VERSION/bin/pulumi " +
      "(PULUMI_HOME: ~/.pulumi)",
  ],
  [
    /PULUMI_ACCESS_TOKEN must be set|not logged in|(?:run|use) [`'"]pulumi login/i,
    "The Pulumi CLI is not logged in",
    LOGIN,
  ],
  [
    /invalid access token|401: Unauthorized/i,
    "Pulumi Cloud does not take the login (any more)",
    LOGIN,
  ],
  [
    /no stack selected/i,
    "No stack is selected",
    "Select one, or make one: npx pulumi stack select, npx pulumi stack init production",
  ],
  [
    /no stack named/i,
    "The selected stack is not in this backend",
    "Select one that is, or make one: npx pulumi stack ls, npx pulumi stack init production",
  ],
  [
    /incorrect passphrase/i,
    "The passphrase does not open the stack's secrets",
    "Set PULUMI_CONFIG_PASSPHRASE to the passphrase of this stack",
  ],
  [
    /passphrase must be set|PULUMI_CONFIG_PASSPHRASE/,
    "The stack's secrets are sealed with a passphrase, which is not set",
    "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE",
  ],
];

const SAID_CHARACTERS = 300;

/** Turns a failed run of the CLI into an error with a remedy. */
export function explainPulumi(stderr: string, args: readonly string[]): MendableError {
  const known = KNOWN.find(([said]) => said.test(stderr));
  const said = lastWords(stderr);
  if (known) {
    const [, message, remedy] = known;
    return new MendableError(`${message}${said && ` (${said})`}`, remedy);
  }
  return new MendableError(
    `pulumi ${args.join(" ")} failed${said && `: ${said}`}`,
    `See for yourself: npx pulumi ${args.join(" ")}`,
  );
}

/** The CLI's own error line, else its last one. */
function lastWords(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim());
  const said = lines.find((line) => line.startsWith("error:")) ?? lines.findLast(Boolean) ?? "";
  return said.replace(/^(?:error|pulumi): */, "").slice(0, SAID_CHARACTERS);
}
