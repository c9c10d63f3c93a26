import { beforeAll, describe, expect, it } from "vitest";
import { type Recorded, recordProgram } from "../arm/record-program.ts";
import { checkPolicyRestrictions, type PolicyAssignment } from "../local/azure/policy.ts";
import { buildOnce } from "../../infra/testing/modes.ts";
import { PROJECT } from "../stack/pulumi.ts";
import { NotCheckedError } from "../checks/check.ts";
import { checkPolicy } from "./policy-check.ts";

const SUBSCRIPTION = "33333333-0000-4000-8000-000000000001";
const KEYS: PolicyAssignment = {
  name: "deny-shared-keys",
  definition: "8c6a50c6-9ffd-4ae7-986f-5fa6111f9a54",
  type: "Microsoft.Storage/storageAccounts",
  denies: { "properties.allowSharedKeyAccess": true },
};
const PUBLIC_VAULTS: PolicyAssignment = {
  name: "deny-public-vaults",
  definition: "405c5871-3e91-4644-8a63-58e19d68ff5b",
  type: "microsoft.keyvault/VAULTS",
  denies: { "properties.publicNetworkAccess": "enabled" },
};
const ZONES: PolicyAssignment = {
  name: "deny-private-dns-zones",
  definition: "zones",
  type: "Microsoft.Network/privateDnsZones",
  denies: {},
};
const REGIONS: PolicyAssignment = {
  name: "allowed-locations",
  definition: "e56962a6-4747-49cd-b67b-bf8b01975c4c",
  type: "Microsoft.Web/sites",
  denies: { location: "westeurope" },
};

const programs = new Map<string, Recorded[]>();
beforeAll(async () => {
  for (const config of [{}, { packageDelivery: "push" }, { network: "private-backend" }]) {
    const values = Object.entries({ "azure-native:location": "westeurope", ...config }).map(
      ([key, value]) =>
        [key.includes(":") ? key : `${PROJECT}:${key}`, { value, secret: false }] as const,
    );
    const secret = {
      [`${PROJECT}:apiSecretKey`]: { value: "s3cret-in-clear-".repeat(4), secret: true },
    };
    programs.set(
      JSON.stringify(config),
      await recordProgram(
        {
          name: "test",
          config: { ...Object.fromEntries(values), ...secret },
          subscriptionId: SUBSCRIPTION,
          tenantId: "11111111-1111-4111-8111-111111111111",
        },
        buildOnce,
      ),
    );
  }
}, 120_000);

describe("Azure Policy, before anything is made", () => {
  it("denies nothing where nothing is assigned, and is told no secret", async () => {
    const { verdict, sent } = await check({}, []);
    expect(verdict).toMatchObject({
      result: "ok",
      detail: expect.stringMatching(/^denies none of \d\d/) as unknown,
    });
    expect(JSON.stringify(sent)).not.toContain("s3cret-in-clear");
    expect(sent.length).toBeGreaterThan(20);
  });

  it.each<[PolicyAssignment, object, RegExp, RegExp]>([
    [
      KEYS,
      {},
      /^Microsoft\.Storage\/storageAccounts: denied by deny-shared-keys \(8c6a50c6-/m,
      /packageDelivery push/,
    ],
    [PUBLIC_VAULTS, {}, /vaults: denied by deny-public-vaults/, /network private-backend/],
    [
      ZONES,
      { network: "private-backend" },
      /privateDnsZones: denied by deny-private-dns-zones/,
      /existing\.dnsZones none/,
    ],
    [REGIONS, {}, /sites: denied by allowed-locations/, /platform team/],
  ])("names the assignment $name, and the remedy", async (assignment, config, detail, remedy) => {
    const { verdict } = await check(config, [assignment]);
    expect(verdict).toMatchObject({
      result: "failed",
      detail: expect.stringMatching(detail) as unknown,
      remedy: expect.stringMatching(remedy) as unknown,
    });
  });

  it("names one line where several resources are denied alike", async () => {
    const { verdict } = await check({ network: "private-backend" }, [ZONES]);
    expect(verdict.detail.split("\n")).toHaveLength(1);
  });

  it.each<[PolicyAssignment, object]>([
    [KEYS, { packageDelivery: "push" }],
    [PUBLIC_VAULTS, { network: "private-backend" }],
    [ZONES, {}],
  ])("has nothing against the remedy of $name", async (assignment, config) => {
    expect((await check(config, [assignment])).verdict.result).toBe("ok");
  });

  it("is not checked where it does not answer, or answers otherwise", async () => {
    const recorded = programs.get("{}") ?? [];
    const about = { subscriptionId: SUBSCRIPTION, location: "westeurope", recorded };
    expect(await checkPolicy({ az: { ask: async () => undefined }, ...about })).toMatchObject({
      result: "not checked",
    });
    const ask = async () => {
      throw new NotCheckedError("the Azure CLI may not ask: Forbidden");
    };
    await expect(checkPolicy({ az: { ask }, ...about })).rejects.toThrow(/Forbidden/);
  });
});

async function check(config: object, assignments: PolicyAssignment[]) {
  const sent: unknown[] = [];
  const verdict = await checkPolicy({
    az: {
      async ask(address, body, schema) {
        expect(address).toMatch(/^\/subscriptions\/[\w-]+\/providers\/Microsoft\.PolicyInsights\//);
        sent.push(body);
        return schema.parse(
          checkPolicyRestrictions(assignments, { subscriptionId: SUBSCRIPTION, body }),
        );
      },
    },
    subscriptionId: SUBSCRIPTION,
    location: "westeurope",
    recorded: programs.get(JSON.stringify(config)) ?? [],
  });
  return { verdict, sent };
}
