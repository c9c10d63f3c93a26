import type { ProgramConfig } from "../../infra/config.ts";
import { type Check, failed, ok, type Verdict, warning } from "../checks/check.ts";
import type { Pulumi } from "../stack/pulumi.ts";
import { describeConfig } from "./configuration.ts";

/** App Service runs this version, and Node itself runs the program's TypeScript. */
const NODE_MAJOR = 24;

export function checkNode(version: string): Verdict {
  return Number(version.split(".")[0]) >= NODE_MAJOR
    ? ok(version)
    : failed(
        `${version}, and the program needs ${NODE_MAJOR} or newer`,
        "Use the npm scripts, npm run up for one: they bring a Node of their own. Or update this one",
      );
}

/** Checks before the first `up`. */
export function stackChecks(pulumi: Pulumi, config: () => Promise<ProgramConfig>): Check[] {
  return [
    { what: "Pulumi CLI", run: async () => ok(await pulumi.version()) },
    {
      what: "Login",
      needs: ["Pulumi CLI"],
      run: async () => {
        const { user, url } = await pulumi.whoAmI();
        return ok(url === "" ? user : `${user} at ${withoutQuery(url)}`);
      },
    },
    { what: "Stack", needs: ["Login"], run: async () => ok(await pulumi.stackName()) },
    {
      what: "Configuration",
      needs: ["Stack"],
      run: async () => describeConfig(await config()),
    },
    {
      what: "Alerts",
      needs: ["Configuration"],
      run: async () => checkAlerts(await config()),
    },
  ];
}

/** A development stack needs no alert mails; evidence does. */
function checkAlerts(config: ProgramConfig): Verdict {
  const { environment, alertEmail, azureAppSecret, azureAppSecretEndDate } = config;
  if (azureAppSecret !== undefined && azureAppSecretEndDate === undefined) {
    return warning(
      "no alert fires before azureAppSecret expires, and nothing is delivered after that",
      "npx pulumi config set azureAppSecretEndDate YYYY-MM-DD, then npm run up",
    );
  }
  if (alertEmail !== undefined) {
    return ok(`mailed to ${alertEmail}`);
  }
  return environment === "production"
    ? warning(
        "alerts are not mailed to anybody: they show in the Azure portal only",
        "npx pulumi config set alertEmail ADDRESS, then npm run up",
      )
    : ok("shown in the Azure portal only, which is enough for a trial");
}

/** A backend's address may contain a credential in its query. */
function withoutQuery(url: string): string {
  return url.replace(/\?.*$/, "");
}
