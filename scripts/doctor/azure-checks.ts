import { setTimeout } from "node:timers/promises";
import pMap from "p-map";
import { z } from "zod";
import { type Check, failed, notChecked, ok, type Verdict } from "../checks/check.ts";
import type { StackResource } from "../stack/pulumi.ts";
import type { Az } from "./az.ts";

export type AzureDeps = {
  az: Az;
  resources: () => Promise<StackResource[]>;
  /** Whether to fix what the doctor can fix (`--mend`). */
  mend: boolean;
  wait?: (ms: number) => Promise<unknown>;
};

/** A call of az takes a second or two, most of it start-up. */
const CALLS_AT_ONCE = 4;
const REFERENCES_API = "api-version=2022-03-01";
const RESOLVED = "Resolved";
/** Azure refreshes references within seconds; a new role may take up to ten minutes. */
const REFRESH_TRIES = 6;
const REFRESH_WAIT_MS = 10_000;

const referencesSchema = z.object({
  value: z.array(
    z.object({ id: z.string(), properties: z.object({ status: z.string().default("Unknown") }) }),
  ),
});

/** Checks of the stack's resources in Azure. */
export function azureChecks(deps: AzureDeps): Check[] {
  return [
    { what: "Key Vault references", run: () => checkReferences(deps) },
    { what: "Roles", run: () => checkRoles(deps) },
    { what: "Autoscale", run: () => checkAutoscale(deps) },
  ];
}

type References = z.infer<typeof referencesSchema>["value"];

/** An unresolved reference reaches the app as its own text. */
async function checkReferences({ az, resources, mend, wait }: AzureDeps): Promise<Verdict> {
  const [siteId] = idsOf(await resources(), /^azure-native:web(?:\/\w+)?:WebApp$/);
  if (siteId === undefined) {
    return failed("the stack has no site", "Deploy it: npm run up");
  }
  const address = `${siteId}/config/configreferences/appsettings`;
  const ask = async () => (await az.get(`${address}?${REFERENCES_API}`, referencesSchema))?.value;
  const refresh = `${address}/refresh?${REFERENCES_API}`;
  const found = await ask();
  if (!found) {
    return failed("the stack's site does not exist in Azure", "npx pulumi refresh, npm run up");
  }
  if (isResolved(found)) {
    return ok(`all ${found.length} are resolved`);
  }
  if (!mend) {
    return unresolved(
      found,
      "Azure tries again once a day. Now: npm run doctor -- --mend, which is\n" +
        `az rest --method post --url "${refresh}"`,
    );
  }
  await az.post(refresh);
  const after = await askUntilResolved(ask, wait);
  return isResolved(after)
    ? ok(`all ${after.length} are resolved, after a refresh`)
    : unresolved(
        after,
        "They were refreshed, to no avail. npm run up gives the site's identity its role on each secret; " +
          "Azure may take ten minutes to heed it. Then: npm run doctor -- --mend",
      );
}

async function askUntilResolved(
  ask: () => Promise<References | undefined>,
  wait: (ms: number) => Promise<unknown> = setTimeout,
): Promise<References> {
  let found: References = [];
  for (let nth = 0; nth < REFRESH_TRIES && !isResolved(found); nth += 1) {
    await wait(REFRESH_WAIT_MS);
    found = (await ask()) ?? [];
  }
  return found;
}

function isResolved(references: References): boolean {
  return (
    references.length > 0 && references.every(({ properties }) => properties.status === RESOLVED)
  );
}

function unresolved(references: References, remedy: string): Verdict {
  const open = references.filter(({ properties }) => properties.status !== RESOLVED);
  return failed(
    open.map(({ id, properties }) => `${nameOf(id)}: ${properties.status}`).join("\n") ||
      "the site has none, although its secrets need them",
    remedy,
  );
}

async function checkRoles({ az, resources }: AzureDeps): Promise<Verdict> {
  const ids = idsOf(await resources(), /^azure-native:authorization(?:\/\w+)?:RoleAssignment$/);
  if (ids.length === 0) {
    return notChecked("the stack has no role assignments");
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
    ? ok(`all ${ids.length} assignments exist`)
    : failed(
        `missing in Azure:\n${gone.map(({ id }) => id).join("\n")}`,
        "npx pulumi refresh, and then npm run up assigns them again",
      );
}

const METRICS_API = "api-version=2024-02-01";
const metricsSchema = z.object({
  value: z.array(
    z.object({
      timeseries: z.array(
        z.object({ data: z.array(z.object({ average: z.number().optional() })) }),
      ),
    }),
  ),
});

/** Autoscale without a value for the queue's length does nothing and reports nothing. */
async function checkAutoscale({ az, resources }: AzureDeps): Promise<Verdict> {
  const [id] = idsOf(await resources(), /^azure-native:monitor(?:\/\w+)?:AutoscaleSetting$/);
  if (id === undefined) {
    return ok("the stack has no autoscale");
  }
  const query = `metricnames=ObservedMetricValue&aggregation=Average&interval=PT5M&${METRICS_API}`;
  const said = await az.get(`${id}/providers/Microsoft.Insights/metrics?${query}`, metricsSchema);
  const observed = (said?.value ?? [])
    .flatMap(({ timeseries }) => timeseries)
    .flatMap(({ data }) => data)
    .flatMap(({ average }) => average ?? []);
  return observed.length > 0
    ? ok(`sees a work queue of ${observed.at(-1)} messages`)
    : failed(
        "autoscale has observed nothing for an hour, so it does not change the number of instances",
        "See the run history of the autoscale setting in the Azure portal; npm run up writes it anew",
      );
}

function idsOf(resources: readonly StackResource[], type: RegExp): string[] {
  return resources.flatMap((one) => (type.test(one.type) && one.id ? [one.id] : []));
}

/** Last segment of a resource id. */
function nameOf(id: string): string {
  return id.split("/").at(-1) ?? id;
}
