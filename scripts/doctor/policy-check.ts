import pMap from "p-map";
import { z } from "zod";
import { kindOf } from "../arm/kinds.ts";
import { GROUP, type Recorded } from "../arm/record-program.ts";
import { type ArmResource, toArm } from "../arm/to-template.ts";
import { failed, notChecked, ok, type Verdict } from "../checks/check.ts";
import type { Az } from "./az.ts";

export type PolicyDeps = {
  az: Pick<Az, "ask">;
  subscriptionId: string;
  location: string;
  recorded: readonly Recorded[];
};

const API = "api-version=2024-10-01";
const CALLS_AT_ONCE = 4;

const policySchema = z.looseObject({
  policyDefinitionId: z.string().default(""),
  policyAssignmentId: z.string().default(""),
});
/** Part of what learn.microsoft.com/rest/api/policyinsights/policy-restrictions answers. */
const answerSchema = z.looseObject({
  contentEvaluationResult: z
    .looseObject({
      policyEvaluations: z
        .array(
          z.looseObject({
            policyInfo: policySchema.optional(),
            evaluationResult: z.string().default(""),
            effectDetails: z.looseObject({ policyEffect: z.string().default("") }).optional(),
            evaluationDetails: z.looseObject({ reason: z.string().optional() }).nullish(),
          }),
        )
        .default([]),
    })
    .nullish(),
});

type Denial = { assignment: string; definition: string; reason: string; resource: string };

/**
 * Asks Azure Policy about each resource before any is made: with what the program would send, secrets
 * left out. Asked of the subscription, because the resource groups are not there yet.
 */
export async function checkPolicy({
  az,
  subscriptionId,
  location,
  recorded,
}: PolicyDeps): Promise<Verdict> {
  const resources = recorded
    .filter(({ token }) => kindOf(token))
    .map((one) => ({ ...toArm(one, location), group: GROUP }));
  const address = `/subscriptions/${subscriptionId}/providers/Microsoft.PolicyInsights/checkPolicyRestrictions?${API}`;
  // What differs by its name alone is judged the same.
  const kinds = [...Map.groupBy(resources, sameFor).values()].flatMap(([one]) => one ?? []);
  const answers = await pMap(
    kinds,
    async (resource) => {
      const body = { resourceDetails: detailsOf(resource) };
      const answer = await az.ask(address, body, answerSchema);
      return answer && denialsIn(answer, resource.type);
    },
    { concurrency: CALLS_AT_ONCE },
  );
  if (answers.includes(undefined)) {
    return notChecked(
      "Azure Policy does not answer here",
      "az provider register --wait --namespace Microsoft.PolicyInsights",
    );
  }
  return judge(
    answers.flatMap((denials) => denials ?? []),
    kinds.length,
  );
}

function sameFor(resource: ArmResource): string {
  const { name: _name, scope: _scope, ...rest } = resource;
  const text = JSON.stringify(rest);
  return resource.type === "Microsoft.Insights/scheduledQueryRules" ? resource.type : text;
}

function detailsOf({ apiVersion, scope, group: _group, ...resource }: ArmResource) {
  return {
    resourceContent: resource,
    apiVersion,
    ...(scope !== undefined && { scope }),
  };
}

function denialsIn(answer: z.infer<typeof answerSchema>, resource: string): Denial[] {
  return (answer.contentEvaluationResult?.policyEvaluations ?? [])
    .filter(({ effectDetails }) => /^deny/i.test(effectDetails?.policyEffect ?? "deny"))
    .filter(({ evaluationResult }) => evaluationResult !== "Compliant")
    .map(({ policyInfo, evaluationDetails }) => ({
      assignment: policyInfo?.policyAssignmentId ?? "",
      definition: policyInfo?.policyDefinitionId ?? "",
      reason: evaluationDetails?.reason ?? "",
      resource,
    }));
}

function judge(denials: readonly Denial[], asked: number): Verdict {
  if (denials.length === 0) {
    return ok(`denies none of ${asked} kinds of resources`);
  }
  const lines = denials.map(
    ({ resource, assignment, definition, reason }) =>
      `${resource}: denied by ${nameOf(assignment)} (${nameOf(definition)})${reason === "" ? "" : `: ${reason}`}`,
  );
  const remedies = denials.map(
    ({ resource }) => REMEDIES.find(([type]) => type.test(resource))?.[1],
  );
  const known = [...new Set(remedies.flatMap((one) => one ?? []))];
  return failed([...new Set(lines)].join("\n"), [...known, OTHERWISE].join("\n"));
}

/** What the configuration has for what landing zones often deny. */
const REMEDIES: [type: RegExp, remedy: string][] = [
  [
    /privateDnsZones/i,
    "Zones: use those of the landing zone, npx pulumi config set --path existing.dnsZones none (or their ids)",
  ],
  [
    /virtualNetworks|networkSecurityGroups/i,
    "Networks: npx pulumi config set --path existing.siteSubnetId ID, and existing.endpointsSubnetId",
  ],
  [/OperationalInsights/i, "Workspaces: npx pulumi config set --path existing.workspaceId ID"],
  [
    /storageAccounts$/i,
    "Keys or public addresses of storage: npx pulumi config set packageDelivery push (no account with keys), " +
      "and npx pulumi config set network private-backend",
  ],
  [/vaults$/i, "Public addresses of vaults: npx pulumi config set network private-backend"],
];
const OTHERWISE =
  "Otherwise ask the platform team for an exemption of the assignment, for the stack's two resource groups";

function nameOf(id: string): string {
  return id.split("/").at(-1) ?? id;
}
