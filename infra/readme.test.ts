import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { evaluateMode } from "./testing/modes.ts";

/** How docs/costs.md calls what the program creates. */
const CALLED: Record<string, string> = {
  "authorization:RoleAssignment": "role assignments",
  "azuread:Application": "App registration",
  "azuread:ApplicationFederatedIdentityCredential": "federated credential",
  "azuread:ApplicationIdentifierUri": "identifier URI",
  "azuread:ApplicationPassword": "two passwords",
  "azuread:ServicePrincipal": "service principal",
  "applicationinsights:Workbook": "Workbook",
  "keyvault:Secret": "secrets",
  "keyvault:Vault": "Key Vault",
  "managedidentity:UserAssignedIdentity": "User-assigned identity",
  "monitor:ActionGroup": "action group",
  "monitor:ActivityLogAlert": "Service Health alert",
  "monitor:AutoscaleSetting": "Autoscale setting",
  "monitor:DiagnosticSetting": "diagnostic settings",
  "monitor:MetricAlert": "metric alerts",
  "monitor:ScheduledQueryRule": "log alerts",
  "network:NetworkSecurityGroup": "network security group",
  "network:PrivateDnsZoneGroup": "records",
  "network:PrivateEndpoint": "private endpoints",
  "network:VirtualNetwork": "Virtual network",
  "operationalinsights:Workspace": "Log Analytics workspace",
  "privatedns:PrivateZone": "DNS zones",
  "privatedns:VirtualNetworkLink": "links",
  "random:RandomBytes": "random bytes",
  "random:RandomId": "random bytes",
  "random:RandomPassword": "Random password",
  "resources:ResourceGroup": "Resource group",
  "storage:Blob": "blob",
  "storage:BlobContainer": "container",
  "storage:BlobServiceProperties": "kept in versions",
  "storage:ManagementPolicy": "lifecycle rules",
  "storage:Queue": "queues",
  "storage:StorageAccount": "Storage account",
  "web:AppServicePlan": "App Service plan",
  "web:WebApp": "Site",
  "web:WebAppFtpAllowed": "FTP and Kudu passwords off",
  "web:WebAppScmAllowed": "FTP and Kudu passwords off",
};

/** The steps of Microsoft's article, by their own titles. */
const STEPS = [
  "Create an app in Azure Active Directory",
  "Deploy connector web service to your Azure account",
  "Create developer app on Twitter",
  "Configure the Twitter connector app",
  "Set up a Twitter connector in the compliance portal",
];
const plain = (text: string) => text.toLowerCase().replaceAll(/\bthe /g, "");

it("README.md deploys in the five steps of Microsoft's article, and has every value that they ask for", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const [, section = ""] = readme.split(/^## Deploy in five steps$|^## What it costs/m);
  const titles = [...section.matchAll(/^\d\. .*?\*\*(.+?)\*\*/gm)].map(([, title = ""]) => title);
  expect(titles.map(plain)).toEqual(STEPS.map(plain));
  const values = [
    "AAD application ID, Tenant Id, app service URL, APISecretKey",
    "twitterApiKey, twitterApiSecretKey, twitterAccessToken, twitterAccessTokenSecret",
    "Name, Connector URL, Password, Azure App ID, Data Connector Admin",
  ].flatMap((line) => line.split(", "));
  expect(values.filter((value) => !section.replaceAll(/\s+/g, " ").includes(value))).toEqual([]);
});

it("docs/costs.md says what each kind of resource is for, and how many alerts are paid for", async () => {
  const costs = readFileSync(new URL("../docs/costs.md", import.meta.url), "utf8");
  const [table = ""] = costs.split(/^\| Size .*$/m);
  const most = await evaluateMode("private backend");
  const { resources } = await evaluateMode("client secret");
  const types = [...most.resources, ...resources]
    .map(({ type }) => type)
    .filter((type) => !/^(m365|pulumi):/.test(type))
    .map((type) => type.replace(/^azure-native:/, "").replace(/:index\/\w+:/, ":"));
  expect([...new Set(types)].toSorted()).toEqual(Object.keys(CALLED).toSorted());
  expect(Object.values(CALLED).filter((name) => !table.includes(name))).toEqual([]);
  expect(table).toContain(`${most.all("monitor:ScheduledQueryRule").length} log alerts`);
  expect(table).toContain(`${most.all("monitor:MetricAlert").length} metric alerts`);
});
