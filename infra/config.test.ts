import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { type PlainSettingName, plainSettings } from "../app/settings.ts";
import { readConfig, SECRET_KEYS } from "./config.ts";
import { plainSchema } from "./config-schema.ts";
import { qualify } from "./testing/mocks.ts";
import { OWN_CONTAINER_ID } from "./testing/modes.ts";

const TENANT = "11111111-1111-4111-8111-111111111111";

describe("readConfig", () => {
  it("has defaults for everything that a first up does not need", () => {
    expect(configured({})).toMatchObject({
      environment: "development",
      sku: "B1",
      instances: 1,
      network: "public",
      rotateDays: 90,
      zoneRedundant: false,
    });
  });

  it("reads numbers, switches and lists as the command line writes them", () => {
    expect(
      configured({
        instances: "2",
        sku: "P0v3",
        zoneRedundant: "true",
        allowedIpRanges: '["203.0.113.0/24","2001:db8::/32"]',
        tags: '{"costCenter":"4711"}',
      }),
    ).toMatchObject({
      instances: 2,
      zoneRedundant: true,
      allowedIpRanges: ["203.0.113.0/24", "2001:db8::/32"],
      tags: { costCenter: "4711" },
    });
  });

  it("refuses all that is wrong at once, each with its remedy, and tells no secret", () => {
    const refusal = refusalOf({
      tenantId: "contoso",
      environment: "prod",
      connectorUrl: "connector.example",
      twitterApiKey: "only-one",
      apiSecretKey: "too-short",
    });
    expect(refusal.split("\n- ")).toHaveLength(8);
    expect(refusal).toMatch(/tenantId: .*pulumi config set tenantId VALUE/);
    expect(refusal).toMatch(/environment: .*pulumi config set environment/);
    expect(refusal).toMatch(/connectorUrl: /);
    expect(refusal).toMatch(
      /twitterAccessToken: missing.*pulumi config set --secret twitterAccessToken/,
    );
    expect(refusal).toMatch(/apiSecretKey: must have 32 .*pulumi config rm apiSecretKey/);
    expect(refusal).not.toContain("only-one");
    expect(refusal).not.toContain("too-short");
  });

  it.each<[string, Record<string, string>]>([
    ["sku", { sku: "F1" }],
    ["instances", { instances: "0" }],
    ["packageDelivery", { packageDelivery: "ftp" }],
    ["packageContainerId", { packageDelivery: "push", packageContainerId: OWN_CONTAINER_ID }],
    ["instances", { instances: "4" }],
    ["maxInstances", { maxInstances: "3" }],
    ["maxInstances", { sku: "S1", instances: "3", maxInstances: "2" }],
    ["zoneRedundant", { sku: "S1", instances: "2", zoneRedundant: "true" }],
    ["zoneRedundant", { sku: "P0v3", zoneRedundant: "true" }],
    ["zoneRedundant", { zoneRedundant: "yes" }],
    ["network", { network: "private" }],
    ["networkRange", { network: "private-backend", networkRange: "10.1.0.0/16" }],
    ["networkRange", { network: "private-backend", networkRange: "10.1.2.128/24" }],
    ["networkRange", { network: "private-backend", networkRange: "10.1.999.0/24" }],
    ["networkRange", { networkRange: "10.1.2.0/24" }],
    ["allowedIpRanges[0]", { allowedIpRanges: '["203.0.113.0/240"]' }],
    ["allowedIpRanges", { allowedIpRanges: "203.0.113.0/24" }],
    ["azureAppSecret", { azureAppSecret: "some-secret" }],
    ["azureAppSecret", { azureAppId: TENANT, credential: "secret" }],
    [
      "azureAppSecret",
      { azureAppId: TENANT, azureAppSecret: "some-secret", credential: "federated" },
    ],
    ["azureAppSecret", { azureAppId: TENANT, azureAppSecret: "pasted with blanks " }],
    ["azureAppSecretEndDate", { azureAppSecretEndDate: "2027-06-30" }],
    [
      "azureAppSecretEndDate",
      { azureAppId: TENANT, azureAppSecret: "some-secret", azureAppSecretEndDate: "30.6.2027" },
    ],
    ["packageContainerId", { packageContainerId: "https://a.blob.core.windows.net/connector" }],
    ["rotateDays", { rotateDays: "29" }],
    ["sealingKeyGeneration", { sealingKeyGeneration: "0" }],
    ["sealingKeyGeneration", { sealingKeyGeneration: "2026" }],
    ["sealingKeyGeneration", { sealingKeyGeneration: "1.5" }],
    ["readsPerDay", { readsPerDay: "0" }],
    ["readsPerMonth", { readsPerMonth: "99999999999999999999" }],
    ["captureIntervalMinutes", { captureIntervalMinutes: "99999999999999999999" }],
    ["xApiUrl", { xApiUrl: "http://api.x.example" }],
    ["connectorUrl", { connectorUrl: "http://twitter.contoso.example" }],
    ["sasHosts", { sasHosts: " , " }],
    ["sasHosts", { sasHosts: "https://blob.core.windows.net" }],
    ["immutabilityDay", { immutabilityDay: "2190" }],
    ["tags.costCenter", { tags: '{"costCenter":["4711"]}' }],
    ["tags", { tags: "costCenter=4711" }],
    ["tags", { tags: '{"project":"theirs"}' }],
    ["azure-native:location", { "azure-native:location": "" }],
    ["alertEmail", { alertEmail: "operator" }],
    ["hoursWithoutDelivery", { hoursWithoutDelivery: "48" }],
    ["daysWithoutRequest", { daysWithoutRequest: "3" }],
    ["logRetentionDays", { logRetentionDays: "7" }],
    ["evidenceAccess", { evidenceAccess: "append-only" }],
    ["immutabilityDays", { immutabilityDays: "-1" }],
    ["immutabilityDays", { immutabilityDays: "365" }],
    [
      "deleteAfterDays",
      { environment: "production", immutabilityDays: "365", deleteAfterDays: "364" },
    ],
    ["deleteAfterDays", { coolAfterDays: "30", deleteAfterDays: "30" }],
    [
      "archiveAfterDays",
      { archiveReplication: "Standard_GRS", coolAfterDays: "90", archiveAfterDays: "90" },
    ],
    ["archiveAfterDays", { environment: "production", archiveAfterDays: "180" }],
    ["archiveAfterDays", { archiveAfterDays: "180" }],
    ["archiveAfterDays", { archiveReplication: "Standard_ZRS", archiveAfterDays: "180" }],
  ])("refuses %s in %j, with a remedy", (key, values) => {
    const lines = refusalOf(values).split("\n- ").slice(1);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`^${RegExp.escape(key)}: `));
    expect(lines[0]).toMatch(/pulumi config|[Ss]et |Lower|Raise|Choose|Remove|remove/);
  });

  it.each<[string, Record<string, string>]>([
    ["scaling on a tier that can", { sku: "S1", maxInstances: "4" }],
    ["zones", { sku: "P1v3", instances: "2", zoneRedundant: "true" }],
    ["a registration of one's own that trusts the site", { azureAppId: TENANT }],
    [
      "deletion when immutability ends",
      { environment: "production", immutabilityDays: "365", deleteAfterDays: "365" },
    ],
    [
      "the archive tier where Azure has one",
      { archiveReplication: "Standard_GRS", archiveAfterDays: "180" },
    ],
    [
      "all tiers, one after the other",
      {
        archiveReplication: "Standard_GRS",
        coolAfterDays: "30",
        archiveAfterDays: "180",
        deleteAfterDays: "2555",
      },
    ],
  ])("takes %s", (_title, values) => {
    expect(refusalOf(values)).toBe("");
  });
});

describe("what the app is told", () => {
  const KEYS = {
    connectorUrl: "CONNECTOR_URL",
    xApiUrl: "X_API_URL",
    entraUrl: "ENTRA_URL",
    platformUrl: "PLATFORM_URL",
    sasHosts: "SAS_HOSTS",
    vocabulary: "X_VOCABULARY",
    captureIntervalMinutes: "CAPTURE_INTERVAL_MINUTES",
    readsPerDay: "READS_PER_DAY",
    readsPerMonth: "READS_PER_MONTH",
    fullArchiveSearch: "FULL_ARCHIVE_SEARCH",
    profile: "PROFILE",
  } as const satisfies Record<string, PlainSettingName>;
  const VALUES = [
    ..."0 1 -1 1.5 1e3 9007199254740993 on tweet https://a.example https://a.example/ a".split(" "),
    ..."http://a.example http://127.0.0.1:8080 ftp://a.example //a.example , a.example".split(" "),
  ];
  const read = z.record(z.string(), z.unknown());

  it.each(Object.entries(KEYS))("%s is taken only where the app takes it", (key, setting) => {
    const taken = VALUES.filter((value) => refusalOf({ [key]: value }) === "");
    expect(taken.length).toBeGreaterThan(0);
    const refused = taken.filter((value) => {
      const handedOn = read.parse(configured({ [key]: value }))[key];
      return !plainSettings[setting].safeParse(handedOn).success;
    });
    expect(refused).toEqual([]);
  });

  it("has no slash at the end of an address, which the callback URL would have twice", () => {
    const connectorUrl = "https://twitter.contoso.example";
    expect(configured({ connectorUrl: `${connectorUrl}/` })).toMatchObject({ connectorUrl });
  });
});

describe("a secret", () => {
  const value = "0123456789abcdef0123456789abcdef";

  it("is refused where the stack keeps it in clear", () => {
    const refusal = refusalOf({ apiSecretKey: value }, ["test:twitterApiKey"]);
    expect(refusal).toMatch(/apiSecretKey: is stored unencrypted.*pulumi config set --secret/);
    expect(refusal).not.toContain(value);
  });

  it("is taken where it is encrypted, and where nobody tells", () => {
    expect(refusalOf({ apiSecretKey: value }, ["test:apiSecretKey"])).toBe("");
    expect(refusalOf({ apiSecretKey: value })).toBe("");
  });
});

describe("the example stack files", () => {
  it.each(["development", "production"])("%s can be used as it is", (name) => {
    const file = new URL(`../examples/Pulumi.${name}.yaml`, import.meta.url);
    const { config } = exampleSchema.parse(parse(readFileSync(file, "utf8")));
    const own: Record<string, string> = {};
    for (const [key, value] of Object.entries(config)) {
      if (key.startsWith(NAMESPACE)) {
        own[key.slice(NAMESPACE.length)] = String(value);
      }
    }
    expect(config["azure-native:location"]).toBe("westeurope");
    expect(configured(own)).toMatchObject({ environment: name });
    expect(Object.keys(own).filter((key) => !(key in plainSchema.shape))).toEqual([]);
  });
});

const LOCATION = "azure-native:location";
const NAMESPACE = "m365-twitter-connector:";
const exampleSchema = z.object({ config: z.record(z.string(), z.unknown()) });

describe("Pulumi.yaml", () => {
  const declared = z
    .object({
      config: z.record(
        z.string(),
        z.object({ type: z.string(), description: z.string(), default: z.unknown() }),
      ),
    })
    .parse(parse(readFileSync(new URL("../Pulumi.yaml", import.meta.url), "utf8"))).config;
  const defaults = Object.entries(declared).map(([key, about]) => [key, about.default] as const);

  it("declares every key that the program reads, and no other", () => {
    expect(Object.keys(declared).toSorted()).toEqual(
      [...Object.keys(plainSchema.shape), ...SECRET_KEYS].toSorted(),
    );
  });

  it("gives the defaults that the program has, and an empty one to what may stay away", () => {
    const given = Object.fromEntries(defaults.map(([key, value]) => [key, value || undefined]));
    // The switch, which is off; every other key that has a value has a true one.
    expect({ ...given, zoneRedundant: false }).toEqual({ ...configured({}) });
  });

  it("gives each key a default, without which the CLI would ask for a value", () => {
    expect(defaults.filter(([, value]) => value === undefined)).toEqual([]);
    const handedOver = Object.fromEntries(
      defaults.map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    );
    expect(configured(handedOver)).toEqual(configured({}));
  });
});

function configured(values: Record<string, string>, encryptedKeys?: string[]): object {
  const { [LOCATION]: location = "westeurope", ...own } = values;
  pulumi.runtime.setAllConfig({ [LOCATION]: location, ...qualify("test", own) });
  return readConfig(new pulumi.Config("test"), encryptedKeys);
}

function refusalOf(values: Record<string, string>, encryptedKeys?: string[]): string {
  try {
    configured(values, encryptedKeys);
  } catch (error) {
    return error instanceof pulumi.RunError ? error.message : String(error);
  }
  return "";
}

describe("mentions", () => {
  it("are archived only on a legal basis, and with scheduled captures", () => {
    expect(refusalOf({ mentions: "on" })).toContain("legal basis is needed");
    const legalBasis = "Article 6(1)(f) GDPR";
    expect(refusalOf({ mentions: "on", legalBasis })).toBe("");
    expect(refusalOf({ mentions: "on", legalBasis, captureIntervalMinutes: "0" })).toContain(
      "Set captureIntervalMinutes",
    );
    expect(refusalOf({ legalBasis: "x".repeat(501) })).toContain("500 characters at most");
  });
});
