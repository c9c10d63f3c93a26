import {
  ComparisonOperationType,
  MetricStatisticType,
  ScaleDirection,
  TimeAggregationType,
} from "@pulumi/azure-native/types/enums/monitor/index.js";
import { z } from "zod";

import { checked, exists, requireExisting } from "../arm.ts";
import type { Make, World } from "../world.ts";
import { inGroup } from "./recorded.ts";

const id = z.string().startsWith("/");

export function makeAutoscaleSetting(): Make {
  const count = z.string().regex(/^[1-9]\d*$/, "must be a number, as text");
  const rule = z.looseObject({
    metricTrigger: z.looseObject({
      metricName: z.string().min(1),
      metricResourceUri: id,
      operator: z.enum(ComparisonOperationType),
      statistic: z.enum(MetricStatisticType),
      timeAggregation: z.enum(TimeAggregationType),
      timeGrain: z.string().regex(/^PT\d+M$/),
      timeWindow: z.string().regex(/^PT\d+[MH]$/),
    }),
    scaleAction: z.looseObject({
      direction: z.enum(ScaleDirection),
      type: z.literal("ChangeCount"),
      value: count,
      cooldown: z.string().regex(/^PT\d+[MH]$/),
    }),
  });
  const capacity = z
    .looseObject({ minimum: count, maximum: count, default: count })
    .refine(
      (one) =>
        Number(one.minimum) <= Number(one.default) && Number(one.default) <= Number(one.maximum),
      "must have minimum <= default <= maximum",
    );
  const schema = z.looseObject({
    targetResourceUri: id,
    enabled: z.boolean(),
    profiles: z
      .array(z.looseObject({ name: z.string().min(1), capacity, rules: z.array(rule).max(10) }))
      .min(1)
      .max(20),
  });
  return checked(
    schema,
    ({ targetResourceUri, profiles }, world) => {
      requireExisting(world, targetResourceUri, "the plan to scale");
      for (const { metricTrigger } of profiles.flatMap(({ rules }) => rules)) {
        requireMetricSource(world, metricTrigger);
      }
    },
    inGroup("Microsoft.Insights/autoscaleSettings", "autoscaleSettingName"),
  );
}

/**
 * A queue's length is measured under an id of its own making:
 * learn.microsoft.com/azure/azure-monitor/autoscale/autoscale-common-metrics.
 */
function requireMetricSource(
  world: World,
  { metricName, metricResourceUri }: { metricName: string; metricResourceUri: string },
): void {
  if (metricName !== "ApproximateMessageCount") {
    requireExisting(world, metricResourceUri, "what is measured");
    return;
  }
  const parts = /^(.+)\/services\/queue\/queues\/([^/]+)$/.exec(metricResourceUri);
  if (!parts || !exists(world, `${parts[1]}/queueServices/default/queues/${parts[2]}`)) {
    throw new Error(`${metricName} is not measured of ${metricResourceUri}`);
  }
}
