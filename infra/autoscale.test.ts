import { describe, expect, it } from "vitest";
import { z } from "zod";
import { autoscale } from "./autoscale.ts";
import { evaluate } from "./testing/mocks.ts";

const profileSchema = z.object({
  capacity: z.record(z.string(), z.string()),
  rules: z.array(
    z.looseObject({
      metricTrigger: z.looseObject({
        metricName: z.string(),
        metricResourceUri: z.string(),
        operator: z.string(),
        threshold: z.number(),
      }),
      scaleAction: z.looseObject({ direction: z.string(), value: z.string() }),
    }),
  ),
});

describe("autoscale", () => {
  it("keeps the plan between its least and most instances", async () => {
    const { inputs, profile } = await scaled();
    expect(inputs).toMatchObject({ targetResourceUri: "/plan", enabled: true });
    expect(profile.capacity).toEqual({ minimum: "2", maximum: "5", default: "2" });
  });

  it("adds an instance while messages queue up, and takes one away when few are left", async () => {
    const { rules } = (await scaled()).profile;
    expect(rules.map((rule) => [rule.metricTrigger.operator, rule.scaleAction.direction])).toEqual([
      ["GreaterThan", "Increase"],
      ["LessThan", "Decrease"],
    ]);
    for (const { metricTrigger, scaleAction } of rules) {
      expect(metricTrigger.metricName).toBe("ApproximateMessageCount");
      expect(metricTrigger.metricResourceUri).toBe("/archive/services/queue/queues/work");
      expect(scaleAction.value).toBe("1");
    }
  });

  it("does not swing: what is too little for two instances is not too much for one", async () => {
    const [more, less] = (await scaled()).profile.rules;
    const few = less?.metricTrigger.threshold ?? Number.NaN;
    expect(few * 2).toBeLessThan(more?.metricTrigger.threshold ?? Number.NaN);
  });
});

async function scaled() {
  const { find } = await evaluate(async () => ({
    setting: autoscale("connector-autoscale", {
      place: { resourceGroupName: "group", tags: {} },
      planId: "/plan",
      archiveAccountId: "/archive",
      workQueueName: "work",
      minInstances: 2,
      maxInstances: 5,
    }),
  }));
  const { inputs } = find("monitor:AutoscaleSetting");
  const [profile] = z.array(profileSchema).length(1).parse(inputs["profiles"]);
  return { inputs, profile: profileSchema.parse(profile) };
}
