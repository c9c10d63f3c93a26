import type { ProgramConfig } from "../../infra/config.ts";
import { type Check, failed, ok, type Verdict } from "../checks/check.ts";
import type { Pulumi } from "../stack/pulumi.ts";
import { describeConfig } from "./configuration.ts";

/** App Service runs this version, and the program's TypeScript is run by Node itself. */
const NODE_MAJOR = 24;

export function checkNode(version: string): Verdict {
  return Number(version.split(".")[0]) >= NODE_MAJOR
    ? ok(version)
    : failed(
        `${version}, and the program needs ${NODE_MAJOR} or newer`,
        "Use the npm scripts, npm run up for one: they bring a Node of their own. Or update this one",
      );
}

/** What has to be in order before the first `up`. */
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
  ];
}

/** The address of a backend may carry what opens it. */
function withoutQuery(url: string): string {
  return url.replace(/\?.*$/, "");
}
