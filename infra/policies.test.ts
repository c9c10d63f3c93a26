import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { Evaluation, Recorded } from "./testing/mocks.ts";
import { evaluateMode } from "./testing/modes.ts";
import { isObject, reveal } from "./testing/property-values.ts";

/**
 * A policy of the Microsoft cloud security benchmark, or of the preview of its second version, for a
 * kind of resource that the program makes: when does a resource pass? Rules as
 * github.com/Azure/azure-policy has them (built-in-policies, April 2026).
 */
type Policy = [
  name: string,
  type: string,
  passes: object | ((one: Recorded, evaluation: Evaluation) => boolean),
];

const [SITE, PLAN, ACCOUNT, VAULT, WORKSPACE] = [
  "web:WebApp",
  "web:AppServicePlan",
  "storage:StorageAccount",
  "keyvault:Vault",
  "operationalinsights:Workspace",
] as const;
const NEVER = () => false;

const POLICIES: Policy[] = [
  ["App Service apps should only be accessible over HTTPS", SITE, { httpsOnly: true }],
  [
    "App Service apps should have Client Certificates (Incoming client certificates) enabled",
    SITE,
    { siteConfig: { http20Enabled: true } },
  ],
  [
    "App Service apps should have remote debugging turned off",
    SITE,
    { siteConfig: { remoteDebuggingEnabled: false } },
  ],
  ["App Service apps should have resource logs enabled", SITE, isLogged],
  [
    "App Service apps should not have CORS configured to allow every resource to access your apps",
    SITE,
    ({ inputs }) => !JSON.stringify(inputs).includes('"cors"'),
  ],
  ["App Service apps should require FTPS only", SITE, { siteConfig: { ftpsState: "Disabled" } }],
  ["App Service apps should use managed identity", SITE, { identity: { type: "UserAssigned" } }],
  [
    "App Service apps should use the latest TLS version",
    SITE,
    { siteConfig: { minTlsVersion: "1.2" } },
  ],
  [
    "App Service apps should enable end to end encryption",
    SITE,
    { endToEndEncryptionEnabled: true },
  ],
  [
    "App Service apps should have local authentication methods disabled for FTP deployments",
    "web:WebAppFtpAllowed",
    { allow: false },
  ],
  [
    "App Service apps should have local authentication methods disabled for SCM site deployments",
    "web:WebAppScmAllowed",
    { allow: false },
  ],
  [
    "App Service apps should use a SKU that supports private link",
    PLAN,
    ({ inputs }) => /"name":"(B|S|P\dv?)\d/.test(JSON.stringify(inputs["sku"])),
  ],
  [
    "App Service apps should disable public network access",
    SITE,
    { publicNetworkAccess: "Disabled" },
  ],
  ["App Service apps should use private link", SITE, hasEndpoint],
  [
    "Secure transfer to storage accounts should be enabled",
    ACCOUNT,
    { enableHttpsTrafficOnly: true },
  ],
  ["Storage account public access should be disallowed", ACCOUNT, { allowBlobPublicAccess: false }],
  ["Storage accounts should be migrated to new Azure Resource Manager resources", ACCOUNT, {}],
  ["Storage accounts should prevent shared key access", ACCOUNT, { allowSharedKeyAccess: false }],
  [
    "Storage accounts should restrict network access",
    ACCOUNT,
    { networkRuleSet: { defaultAction: "Deny" } },
  ],
  [
    "Storage accounts should restrict network access using virtual network rules",
    ACCOUNT,
    ({ inputs }) =>
      matches(inputs, { networkRuleSet: { defaultAction: "Deny" } }) &&
      !JSON.stringify(inputs).includes('"ipRules"'),
  ],
  ["Storage accounts should use private link", ACCOUNT, hasEndpoint],
  [
    "Storage accounts should disable public network access",
    ACCOUNT,
    { publicNetworkAccess: "Disabled" },
  ],
  [
    "Storage accounts should use customer-managed key for encryption",
    ACCOUNT,
    { encryption: { keySource: "Microsoft.Keyvault" } },
  ],
  ["Queue Storage should use customer-managed key for encryption", "storage:Queue", NEVER],
  [
    "Storage accounts should have infrastructure encryption",
    ACCOUNT,
    { encryption: { requireInfrastructureEncryption: true } },
  ],
  [
    "Storage accounts should have the specified minimum TLS version",
    ACCOUNT,
    { minimumTlsVersion: "TLS1_2" },
  ],
  [
    "Storage account keys should not be expired",
    ACCOUNT,
    // Without a period after which they do, they do not.
    ({ inputs }) => !("keyPolicy" in inputs),
  ],
  ["Key vaults should have soft delete enabled", VAULT, { properties: { enableSoftDelete: true } }],
  [
    "Key vaults should have deletion protection enabled",
    VAULT,
    { properties: { enablePurgeProtection: true } },
  ],
  [
    "Azure Key Vault should use RBAC permission model",
    VAULT,
    { properties: { enableRbacAuthorization: true } },
  ],
  [
    "Azure Key Vault should have firewall enabled or public network access disabled",
    VAULT,
    { properties: { networkAcls: { defaultAction: "Deny" } } },
  ],
  [
    "Azure Key Vault should disable public network access",
    VAULT,
    { properties: { publicNetworkAccess: "disabled" } },
  ],
  ["Azure Key Vaults should use private link", VAULT, hasEndpoint],
  ["Resource logs in Key Vault should be enabled", VAULT, isLogged],
  [
    "Key Vault secrets should have an expiration date",
    "keyvault:Secret",
    ({ inputs }) => JSON.stringify(inputs).includes('"expires"'),
  ],
  [
    "Log Analytics Workspaces should block non-Azure Active Directory based ingestion.",
    WORKSPACE,
    { features: { disableLocalAuth: true } },
  ],
  [
    "Log Analytics workspaces should block log ingestion and querying from public networks",
    WORKSPACE,
    { publicNetworkAccessForIngestion: "Disabled", publicNetworkAccessForQuery: "Disabled" },
  ],
  [
    "Subnets should be associated with a Network Security Group",
    "network:VirtualNetwork",
    ({ inputs }) =>
      [inputs["subnets"]].flat().every((one) => isObject(one) && "networkSecurityGroup" in one),
  ],
];

/** Policies for what the program makes nothing of. */
const NOTHING_OF_THE_KIND: [name: string, type: string][] = [
  ["Key Vault keys should have an expiration date", "keyvault:Key"],
  ["Certificates should have the specified maximum validity period", "keyvault:Certificate"],
  ["Audit usage of custom RBAC roles", "authorization:RoleDefinition"],
  ["Azure Monitor Logs clusters should be encrypted with customer-managed key", "Cluster"],
  [
    "Saved-queries in Azure Monitor should be saved in customer storage account for logs encryption",
    "SavedSearch",
  ],
  [
    "Application Insights components should block log ingestion and querying from public networks",
    "applicationinsights:Component",
  ],
];

const TEXT = readFileSync(new URL("../docs/security-decisions.md", import.meta.url), "utf8");
const ROWS = new Map(
  TEXT.split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.slice(1, -1).split(" | "))
    .map(([name = "", ...cells]) => [name.trim(), cells.map((cell) => cell.trim())]),
);

let evaluations: Record<"development" | "production" | "private", Evaluation>;

beforeAll(async () => {
  evaluations = {
    development: await evaluateMode("complete"),
    production: await evaluateMode("production"),
    private: await evaluateMode("private backend"),
  };
});

describe("docs/security-decisions.md says when a policy passes", () => {
  it.each(POLICIES)("%s", (name, type, passes) => {
    const [when = "", decision = ""] = ROWS.get(name) ?? [];
    expect(when).toBe(whenPasses(type, passes));
    const isDecided = when === "always" || ROWS.has(decision);
    expect(isDecided, `${decision} is no decision`).toBe(true);
  });

  it.each(NOTHING_OF_THE_KIND)("%s", (name, type) => {
    expect(ROWS.get(name)?.[0]).toBe("nothing of the kind");
    for (const evaluation of Object.values(evaluations)) {
      expect(evaluation.resources.filter((one) => one.type.endsWith(type))).toEqual([]);
    }
  });
});

function whenPasses(type: string, passes: Policy[2]): string {
  const failing = (evaluation: Evaluation) =>
    evaluation
      .all(type)
      .filter(
        (one) =>
          !(typeof passes === "function" ? passes(one, evaluation) : matches(one.inputs, passes)),
      )
      .map(({ name }) => name)
      .join();
  const inPrivate = failing(evaluations.private);
  const [inDevelopment, inProduction] = [evaluations.development, evaluations.production].map(
    failing,
  );
  const others = `${inDevelopment}${inProduction}`;
  switch (inPrivate) {
    case "":
      return others === ""
        ? "always"
        : inProduction === ""
          ? "in production"
          : "with `private-backend`";
    case "connectorpackage":
      return inProduction === inPrivate && inDevelopment === inPrivate
        ? "but for the package account"
        : "with `private-backend`, but for the package account";
    default:
      return "no";
  }
}

function matches(actual: unknown, expected: object): boolean {
  const values: unknown = reveal(actual);
  return Object.entries(expected).every(([key, value]: [string, unknown]) => {
    const found = isObject(values) ? values[key] : undefined;
    return isObject(value) ? matches(found, value) : found === value;
  });
}

function isLogged({ name }: Recorded, { all }: Evaluation): boolean {
  return all("monitor:DiagnosticSetting").some(
    ({ inputs }) =>
      String(inputs["resourceUri"]).endsWith(`/${name}`) &&
      JSON.stringify(inputs["logs"]).includes('"enabled":true'),
  );
}

function hasEndpoint({ name }: Recorded, { all }: Evaluation): boolean {
  return all("network:PrivateEndpoint").some(({ inputs }) =>
    JSON.stringify(inputs).includes(`/${name}"`),
  );
}
