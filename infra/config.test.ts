import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { readConfig } from "./config.ts";
import { qualify } from "./testing/mocks.ts";

describe("readConfig", () => {
  it("has defaults for everything that a first up does not need", () => {
    expect(configured({})).toMatchObject({ environment: "development", sku: "B1" });
  });

  it("refuses all that is wrong at once, each with its remedy", () => {
    const refusal = refusalOf({
      tenantId: "contoso",
      environment: "prod",
      connectorUrl: "connector.example",
      twitterApiKey: "only-one",
    });
    expect(refusal.split("\n- ")).toHaveLength(7);
    expect(refusal).toMatch(/tenantId: .*pulumi config set tenantId VALUE/);
    expect(refusal).toMatch(/environment: .*pulumi config set environment/);
    expect(refusal).toMatch(/connectorUrl: /);
    expect(refusal).toMatch(
      /twitterAccessToken: missing.*pulumi config set --secret twitterAccessToken/,
    );
    expect(refusal).not.toContain("only-one");
  });
});

function configured(values: Record<string, string>): unknown {
  pulumi.runtime.setAllConfig(qualify("test", values));
  return readConfig(new pulumi.Config("test"));
}

function refusalOf(values: Record<string, string>): string {
  try {
    configured(values);
  } catch (error) {
    return error instanceof pulumi.RunError ? error.message : "";
  }
  return "";
}
