import { describe, expect, it } from "vitest";
import { tierOf } from "./tiers.ts";

describe("tierOf", () => {
  it.each([
    ["B1", "Basic", false, false],
    ["S1", "Standard", true, false],
    ["P1v2", "PremiumV2", true, true],
    ["P0v3", "PremiumV3", true, true],
    ["P0V3", "PremiumV3", true, true],
    ["P5mv3", "PremiumV3", true, true],
    ["P1v4", "PremiumV4", true, true],
  ])("%s is %s", (sku, name, canAutoscale, hasZones) => {
    expect(tierOf(sku)).toMatchObject({ name, canAutoscale, hasZones });
  });

  it.each(["F1", "D1", "B4", "Y1", "FC1", "P1", "P0mv3", "P4v3", "P5v4", "premium", ""])(
    "knows no tier of %j",
    (sku) => {
      expect(tierOf(sku)).toBeUndefined();
    },
  );
});
