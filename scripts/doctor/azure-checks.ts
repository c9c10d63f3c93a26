import pMap from "p-map";
import { z } from "zod";
import { type Check, failed, notChecked, ok, type Verdict } from "../checks/check.ts";
import type { StackResource } from "../stack/pulumi.ts";
import type { Az } from "./az.ts";

export type AzureDeps = { az: Az; resources: () => Promise<StackResource[]> };

/** A call of az takes a second or two, most of it start-up. */
const CALLS_AT_ONCE = 4;
const RESOLVED = "Resolved";

const referencesSchema = z.object({
  value: z.array(
    z.object({ id: z.string(), properties: z.object({ status: z.string().default("Unknown") }) }),
  ),
});

/** What Azure says of what the stack has made. */
export function azureChecks(deps: AzureDeps): Check[] {
  return [
    { what: "Key Vault references", run: () => checkReferences(deps) },
    { what: "Roles", run: () => checkRoles(deps) },
  ];
}

/** A reference that is not resolved reaches the app as its own text. */
async function checkReferences({ az, resources }: AzureDeps): Promise<Verdict> {
  const [siteId] = idsOf(await resources(), /^azure-native:web(?:\/\w+)?:WebApp$/);
  if (siteId === undefined) {
    return failed("the stack has no site", "Deploy it: npm run up");
  }
  const answer = await az.get(
    `${siteId}/config/configreferences/appsettings?api-version=2022-03-01`,
    referencesSchema,
  );
  if (!answer) {
    return failed(
      "the site of the stack is not in Azure (any more)",
      "npx pulumi refresh, npm run up",
    );
  }
  const open = answer.value.filter(({ properties }) => properties.status !== RESOLVED);
  return open.length === 0 && answer.value.length > 0
    ? ok(`all ${answer.value.length} are resolved`)
    : failed(
        open.map(({ id, properties }) => `${nameOf(id)}: ${properties.status}`).join("\n") ||
          "the site has none, and its secrets come by them",
        "npm run up gives the site's identity its role on each secret; then restart the site",
      );
}

async function checkRoles({ az, resources }: AzureDeps): Promise<Verdict> {
  const ids = idsOf(await resources(), /^azure-native:authorization(?:\/\w+)?:RoleAssignment$/);
  if (ids.length === 0) {
    return notChecked("the stack has made no role assignment");
  }
  const found = await pMap(
    ids,
    async (id) => {
      const assignment = await az.get(`${id}?api-version=2022-04-01`, z.looseObject({}));
      return { id, isThere: assignment !== undefined };
    },
    { concurrency: CALLS_AT_ONCE },
  );
  const gone = found.filter(({ isThere }) => !isThere);
  return gone.length === 0
    ? ok(`all ${ids.length} assignments are there`)
    : failed(
        `not there (any more):\n${gone.map(({ id }) => id).join("\n")}`,
        "npx pulumi refresh, and then npm run up assigns them again",
      );
}

function idsOf(resources: readonly StackResource[], type: RegExp): string[] {
  return resources.flatMap((one) => (type.test(one.type) && one.id ? [one.id] : []));
}

/** The last part of a resource id. */
function nameOf(id: string): string {
  return id.split("/").at(-1) ?? id;
}
