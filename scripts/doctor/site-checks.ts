import { SUBJECTS } from "../../app/import-service/readiness.ts";
import { type Check, failed, ok, type Verdict } from "../checks/check.ts";
import { readValidation, type Site } from "../site/site.ts";
import type { StackOutputs } from "../stack/outputs.ts";
import { readObstacles } from "./obstacles.ts";
import { once } from "./once.ts";

export type SiteDeps = { outputs: StackOutputs; site: Site };

type Subject = (typeof SUBJECTS)[keyof typeof SUBJECTS];

const REMEDIES: Record<Subject, string> = {
  [SUBJECTS.x]:
    "Copy all four values from the X developer app (npx pulumi config set --secret twitterApiKey, " +
    "and the other three), then npm run up",
  [SUBJECTS.callback]: "npm run handoff prints what to enter in X's developer portal",
  [SUBJECTS.entra]: "npm run up renews the connector's registration in Entra",
  [SUBJECTS.platform]: "Let the site's outbound network reach it",
  [SUBJECTS.archive]: "npm run up assigns the roles again",
  [SUBJECTS.worker]: "Restart the site; then look at its log",
};
const OTHER_REMEDY = "Look at the site's log";

/** Checks of the running connector, with the platform's own calls. */
export function siteChecks({ outputs, site }: SiteDeps): Check[] {
  const health = once(() => site.health());
  const validation = once(async () => {
    const credential = { tenantId: outputs.tenantId, password: outputs.apiSecretKey };
    const { isAble, message } = await readValidation(await site.validate(credential));
    return isAble ? { known: new Map<string, string>(), others: [] } : readObstacles(message);
  });
  const say = (what: string, subject: Subject, needs: string[] = []): Check => ({
    what,
    needs: ["Validate", ...needs],
    run: async () => {
      const obstacle = (await validation()).known.get(subject);
      return obstacle === undefined ? ok("yes") : failed(obstacle, REMEDIES[subject]);
    },
  });
  return [
    { what: "Site", run: async () => ok(`version ${(await health()).version}`) },
    { what: "Package", needs: ["Site"], run: async () => checkPackage(await health(), outputs) },
    {
      what: "Validate",
      needs: ["Site"],
      run: async () => {
        const { known, others } = await validation();
        const said = known.size === 0 ? "the connector can do its work" : "answers; see below";
        return others.length === 0 ? ok(said) : failed(others.join("\n"), OTHER_REMEDY);
      },
    },
    say("X keys accepted", SUBJECTS.x),
    say("Callback URL accepted", SUBJECTS.callback, ["X keys accepted"]),
    say("Entra token obtainable", SUBJECTS.entra),
    say("Import service reachable", SUBJECTS.platform),
    say("Archive writable", SUBJECTS.archive),
    say("Worker alive", SUBJECTS.worker),
  ];
}

function checkPackage({ packageHash }: { packageHash: string }, outputs: StackOutputs): Verdict {
  return packageHash === outputs.packageHash
    ? ok(packageHash.slice(0, 16))
    : failed(
        `the site runs ${packageHash.slice(0, 16)}, the stack deployed ${outputs.packageHash.slice(0, 16)}`,
        "Restart the site, so that it fetches the package again; its log says which one it fetched",
      );
}
