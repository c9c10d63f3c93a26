import { describe, expect, it } from "vitest";
import { strangersIn } from "./testing/arm-types.ts";
import { z } from "zod";
import { reveal } from "./testing/property-values.ts";
import { evaluateMode, type Mode, MODES } from "./testing/modes.ts";

const objectSchema = z.record(z.string(), z.unknown());
/** The SDK's enumeration is that of another service's rules (infra/monitoring/monitoring.ts). */
const KNOWN = /^ScheduledQueryRule\.criteria\.allOf\[0\]\.operator: "GreaterThan" is none of /;

describe("Azure's own types", () => {
  it.each(Object.keys(MODES).filter((mode): mode is Mode => mode in MODES))(
    "know every input of the mode %s",
    async (mode) => {
      const { resources } = await evaluateMode(mode);
      expect(
        resources.filter(({ type }) => type.startsWith("azure-native:")).length,
      ).toBeGreaterThan(20);
      const strange = resources
        .map(({ inputs, ...one }) => ({ ...one, inputs: objectSchema.parse(reveal(inputs)) }))
        .flatMap(strangersIn)
        .filter((line) => !KNOWN.test(line));
      expect(strange).toEqual([]);
    },
  );

  it.each<[what: string, type: string, inputs: Record<string, unknown>, found: string]>([
    [
      "a value",
      "storage:StorageAccount",
      { kind: "StorageV3" },
      'StorageAccount.kind: "StorageV3"',
    ],
    [
      "a value of another case",
      "storage:StorageAccount",
      { accessTier: "hot" },
      '"hot" is none of Hot',
    ],
    [
      "a nested value",
      "storage:StorageAccount",
      { sku: { name: "Standard_XRS" } },
      "StorageAccount.sku.name",
    ],
    ["a member", "storage:StorageAccount", { minimumTlsVersions: "TLS1_2" }, "no such member"],
    [
      "a nested member",
      "storage:StorageAccount",
      { encryption: { keySources: "Microsoft.Storage" } },
      "StorageAccount.encryption.keySources",
    ],
    [
      "a value in a list",
      "web:WebApp",
      { siteConfig: { ipSecurityRestrictions: [{ ipAddress: "1.2.3.4/32", tag: "Standard" }] } },
      "ipSecurityRestrictions[0].tag",
    ],
    [
      "a policy of name resolution",
      "privatedns:VirtualNetworkLink",
      { resolutionPolicy: "NxdomainRedirect" },
      "resolutionPolicy",
    ],
  ])("do not know a misspelt one: %s", (_what, type, inputs, found) => {
    const [line = ""] = strangersIn({ type: `azure-native:${type}`, name: "x", inputs });
    expect(line).toContain(found);
  });
});
