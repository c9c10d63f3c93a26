import { describe, expect, it } from "vitest";
import { evaluateMode } from "../../infra/testing/modes.ts";
import { judgeProviders, providersSchema } from "./resource-providers.ts";

/** Azure's names of the modules that azure-native has. */
const NAMESPACES: Record<string, string> = {
  applicationinsights: "Microsoft.Insights",
  keyvault: "Microsoft.KeyVault",
  managedidentity: "Microsoft.ManagedIdentity",
  monitor: "Microsoft.Insights",
  network: "Microsoft.Network",
  operationalinsights: "Microsoft.OperationalInsights",
  privatedns: "Microsoft.Network",
  storage: "Microsoft.Storage",
  web: "Microsoft.Web",
};

describe("the resource providers", () => {
  it.each([
    ["public", "complete"],
    ["private-backend", "private backend"],
  ] as const)("that a %s network needs are those of what is made", async (network, mode) => {
    const { resources } = await evaluateMode(mode);
    const modules = resources.flatMap(({ type }) => /^azure-native:(\w+):/.exec(type)?.[1] ?? []);
    const used = new Set(modules.flatMap((one) => NAMESPACES[one] ?? []));
    const unknown = modules.filter((one) => NAMESPACES[one] === undefined);
    expect(new Set(unknown)).toEqual(new Set(["authorization", "resources"]));
    const { detail, remedy } = judgeProviders({ network }, { value: [] });
    expect(detail).toBe(`not registered in the subscription: ${[...used].toSorted().join(", ")}`);
    expect(remedy).toContain("az provider register --wait --namespace Microsoft.Web");
  });

  it("are registered, or not yet, in whatever case Azure writes them", () => {
    const states = (state: string) =>
      providersSchema.parse({
        value: [...new Set(Object.values(NAMESPACES))].map((namespace) => ({
          namespace: namespace.toLowerCase(),
          registrationState: namespace === "Microsoft.Insights" ? state : "Registered",
        })),
      });
    expect(judgeProviders({ network: "public" }, states("Registered"))).toEqual({
      result: "ok",
      detail: "all 6 are registered",
    });
    expect(judgeProviders({ network: "public" }, states("Registering"))).toEqual({
      result: "failed",
      detail: "not registered in the subscription: Microsoft.Insights",
      remedy: "az provider register --wait --namespace Microsoft.Insights",
    });
  });
});
