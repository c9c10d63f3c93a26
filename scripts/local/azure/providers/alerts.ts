import { z } from "zod";

import { checked, requireExisting } from "../arm.ts";
import type { Make, World } from "../world.ts";
import { inGroup } from "./recorded.ts";

const id = z.string().startsWith("/");
const severity = z.int().min(0).max(4);
const global = z.string().regex(/^global$/i, "must be global");

/** learn.microsoft.com/rest/api/monitor/scheduled-query-rules, and what the service adds to it. */
export function makeQueryRule(): Make {
  const frequency = z.enum([
    "PT1M",
    "PT5M",
    "PT10M",
    "PT15M",
    "PT30M",
    "PT45M",
    "PT1H",
    "PT2H",
    "PT3H",
    "PT4H",
    "PT5H",
    "PT6H",
    "P1D",
  ]);
  const schema = z.looseObject({
    kind: z.literal("LogAlert"),
    displayName: z.string().min(1),
    description: z.string().max(4096).optional(),
    severity,
    enabled: z.boolean().default(true),
    scopes: z.tuple([id]),
    evaluationFrequency: frequency,
    windowSize: frequency.or(z.literal("P2D")),
    autoMitigate: z.boolean().default(false),
    muteActionsDuration: z.string().optional(),
    criteria: z.looseObject({
      allOf: z.tuple([
        z.looseObject({
          query: z
            .string()
            .min(1)
            .refine(
              (query) => !/\b(bag_unpack|pivot|narrow|AggregatedValue)\b/.test(query),
              "has what queries of alerts may not have",
            ),
          timeAggregation: z.enum(["Average", "Count", "Maximum", "Minimum", "Total"]),
          operator: z.enum([
            "Equal",
            "GreaterThan",
            "GreaterThanOrEqual",
            "LessThan",
            "LessThanOrEqual",
          ]),
          threshold: z.number(),
          failingPeriods: z
            .looseObject({
              numberOfEvaluationPeriods: z.int().min(1).max(6),
              minFailingPeriodsToAlert: z.int().min(1).max(6),
            })
            .optional(),
        }),
      ]),
    }),
    actions: z.looseObject({ actionGroups: z.array(id).default([]) }).optional(),
  });
  return checked(
    schema,
    ({ scopes, actions, evaluationFrequency, windowSize, autoMitigate, ...inputs }, world) => {
      requireAll(world, [...scopes, ...(actions?.actionGroups ?? [])]);
      requireWithin(evaluationFrequency, windowSize);
      if (autoMitigate && inputs.muteActionsDuration !== undefined) {
        throw new Error("muteActionsDuration: not together with autoMitigate");
      }
      if (autoMitigate && minutesOf(evaluationFrequency) > 12 * 60) {
        throw new Error("evaluationFrequency: at most 12 hours where an alert resolves itself");
      }
    },
    inGroup("Microsoft.Insights/scheduledQueryRules", "ruleName"),
  );
}

export function makeMetricAlert(): Make {
  const schema = z.looseObject({
    location: global,
    description: z.string().max(2048).optional(),
    severity,
    enabled: z.boolean(),
    scopes: z.tuple([id]),
    evaluationFrequency: z.enum(["PT1M", "PT5M", "PT15M", "PT30M", "PT1H"]),
    windowSize: z.enum(["PT1M", "PT5M", "PT15M", "PT30M", "PT1H", "PT6H", "PT12H", "P1D"]),
    criteria: z.looseObject({
      odataType: z.literal("Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"),
      allOf: z
        .array(
          z.looseObject({
            criterionType: z.literal("StaticThresholdCriterion"),
            name: z.string().min(1),
            metricName: z.string().min(1),
            timeAggregation: z.enum(["Average", "Count", "Maximum", "Minimum", "Total"]),
            operator: z.enum([
              "Equals",
              "GreaterThan",
              "GreaterThanOrEqual",
              "LessThan",
              "LessThanOrEqual",
            ]),
            threshold: z.number(),
          }),
        )
        .min(1),
    }),
    actions: z.array(z.looseObject({ actionGroupId: id })).default([]),
  });
  return checked(
    schema,
    ({ scopes, actions, evaluationFrequency, windowSize }, world) => {
      requireAll(world, [...scopes, ...actions.map((one) => one.actionGroupId)]);
      requireWithin(evaluationFrequency, windowSize);
    },
    inGroup("Microsoft.Insights/metricAlerts", "ruleName"),
  );
}

export function makeActivityLogAlert(): Make {
  return checked(
    z.looseObject({
      location: global,
      enabled: z.boolean().default(true),
      scopes: z.tuple([id]),
      condition: z.looseObject({
        allOf: z
          .array(z.looseObject({ field: z.string(), equals: z.string() }))
          .refine(
            (conditions) => conditions.some(({ field }) => field === "category"),
            "must name a category",
          ),
      }),
      actions: z.looseObject({
        actionGroups: z.array(z.looseObject({ actionGroupId: id })).default([]),
      }),
    }),
    ({ scopes, actions }, world) =>
      requireAll(world, [...scopes, ...actions.actionGroups.map((one) => one.actionGroupId)]),
    inGroup("Microsoft.Insights/activityLogAlerts", "activityLogAlertName"),
  );
}

function requireWithin(frequency: string, window: string): void {
  if (minutesOf(frequency) > minutesOf(window)) {
    throw new Error(`windowSize: ${window} is shorter than evaluationFrequency, ${frequency}`);
  }
}

/** PT15M, PT2H, P1D. */
function minutesOf(period: string): number {
  const [, count = "", unit = ""] = /^PT?(\d+)([DHM])$/.exec(period) ?? [];
  return Number(count) * ({ D: 24 * 60, H: 60, M: 1 }[unit] ?? Number.NaN);
}

function requireAll(world: World, ids: string[]): void {
  for (const one of ids) {
    requireExisting(world, one, "what the alert names");
  }
}
