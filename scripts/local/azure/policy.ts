import { z } from "zod";

/** A policy with the effect Deny as it is assigned: what it looks at, and what it denies there. */
export type PolicyAssignment = {
  name: string;
  definition: string;
  /** The resource type, in any case. */
  type: string;
  /** Members by their path below the resource, `properties.allowSharedKeyAccess`, and the denied value. */
  denies: Record<string, unknown>;
};

const requestSchema = z.strictObject({
  resourceDetails: z.strictObject({
    resourceContent: z.looseObject({ type: z.string().regex(/^[\w.]+(?:\/\w+)+$/) }),
    apiVersion: z.string().regex(/^\d{4}-\d\d-\d\d(?:-preview)?$/),
    scope: z.string().startsWith("/").optional(),
  }),
  pendingFields: z
    .array(z.strictObject({ field: z.string(), values: z.array(z.string()).optional() }))
    .optional(),
  includeAuditEffect: z.boolean().optional(),
});

const AUTHORIZATION = "/providers/Microsoft.Authorization";

/**
 * `POST …/Microsoft.PolicyInsights/checkPolicyRestrictions` of a subscription
 * (learn.microsoft.com/rest/api/policyinsights/policy-restrictions).
 * @throws Error for a request that is not well formed, as the service answers 400.
 */
export function checkPolicyRestrictions(
  assignments: readonly PolicyAssignment[],
  { subscriptionId, body }: { subscriptionId: string; body: unknown },
): object {
  const parsed = requestSchema.safeParse(body);
  if (!parsed.success) {
    throw new Error(`InvalidCheckRestrictionsRequest: ${z.prettifyError(parsed.error)}`);
  }
  const { resourceContent } = parsed.data.resourceDetails;
  const denying = assignments.filter((one) => isDenied(one, resourceContent));
  return {
    fieldRestrictions: [],
    contentEvaluationResult: {
      policyEvaluations: denying.map(({ name, definition, denies }) => ({
        policyInfo: {
          policyDefinitionId: `${AUTHORIZATION}/policyDefinitions/${definition}`,
          policyAssignmentId: `/subscriptions/${subscriptionId}${AUTHORIZATION}/policyAssignments/${name}`,
        },
        evaluationResult: "NonCompliant",
        evaluationDetails: {
          evaluatedExpressions: Object.entries(denies).map(([path, targetValue]) => ({
            result: "True",
            expressionKind: "Field",
            path,
            operator: "Equals",
            targetValue,
          })),
        },
        effectDetails: { policyEffect: "Deny" },
      })),
    },
  };
}

/** Whether an assignment lets nobody make a resource of this content. */
function isDenied(
  { type, denies }: PolicyAssignment,
  content: Record<string, unknown> & { type: string },
): boolean {
  return (
    content.type.toLowerCase() === type.toLowerCase() &&
    Object.entries(denies).every(([path, value]) => valueAt(content, path) === value)
  );
}

function valueAt(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (within, step) =>
        typeof within === "object" && within !== null ? Reflect.get(within, step) : undefined,
      value,
    );
}
