import * as monitor from "@pulumi/azure-native/monitor/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { ResourceScope } from "./scope.ts";

export type AutoscaleArgs = {
  place: ResourceScope;
  planId: pulumi.Input<string>;
  archiveAccountId: pulumi.Input<string>;
  workQueueName: pulumi.Input<string>;
  minInstances: number;
  maxInstances: number;
};

/**
 * Messages for each instance: Azure divides the queue's length by the number of instances
 * (learn.microsoft.com/azure/azure-monitor/autoscale/autoscale-common-metrics). The threshold is high
 * because the length includes tasks that wait for X or for a person, which more instances do not help.
 */
const MANY_MESSAGES = 10;
const FEW_MESSAGES = 2;

/** Adds an instance while the queue is long, and removes one when it is short. */
export function autoscale(
  name: string,
  args: AutoscaleArgs,
  opts?: pulumi.CustomResourceOptions,
): monitor.AutoscaleSetting {
  const { place, planId, minInstances, maxInstances } = args;
  const rule = (
    operator: "GreaterThan" | "LessThan",
    threshold: number,
    direction: "Increase" | "Decrease",
  ) => ({
    metricTrigger: {
      metricName: "ApproximateMessageCount",
      // Azure reports the length under the queue service, not under the queue's own id.
      metricResourceUri: pulumi.interpolate`${args.archiveAccountId}/services/queue/queues/${args.workQueueName}`,
      operator,
      threshold,
      statistic: "Average" as const,
      timeAggregation: "Average" as const,
      timeGrain: "PT1M",
      timeWindow: "PT10M",
    },
    scaleAction: { direction, type: "ChangeCount" as const, value: "1", cooldown: "PT10M" },
  });
  return new monitor.AutoscaleSetting(
    name,
    {
      ...place,
      targetResourceUri: planId,
      enabled: true,
      profiles: [
        {
          name: "work queue",
          capacity: {
            minimum: String(minInstances),
            maximum: String(maxInstances),
            default: String(minInstances),
          },
          rules: [
            rule("GreaterThan", MANY_MESSAGES, "Increase"),
            rule("LessThan", FEW_MESSAGES, "Decrease"),
          ],
        },
      ],
    },
    opts,
  );
}
