import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isObject, type Properties, toSecret, UNKNOWN } from "./property-values.ts";
import { foresee, foreseeCreate, type Live, type StandIn, type Subject } from "./stand-in.ts";
import { type StartedStandIn, startStandIn, TENANT } from "./start-stand-in.ts";

let directory: string;
let azure: StartedStandIn;
let provider: StandIn;
let group: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "stand-in-"));
  azure = await startStandIn(directory);
  provider = azure.standIn;
  const made = await create("resources:ResourceGroup", { location: "westeurope" });
  group = String(made.outputs["name"]);
});

afterAll(async () => {
  await azure.close();
  await rm(directory, { recursive: true, force: true });
});

it("tells who deploys, and knows no other function", async () => {
  expect(await invoke("azure-native:authorization:getClientConfig")).toMatchObject({
    tenantId: TENANT,
  });
  await expect(invoke("azure-native:storage:listStorageAccountKeys")).rejects.toThrow("not known");
});

it("refuses a type that nobody plays", () => {
  const refused = () => provider.check(subjectOf("batch:Pool"));
  expect(refused).toThrow("azure-native:batch:Pool is not known");
});

describe("diff", () => {
  const asset = (hash: string) => ({
    [pulumi.runtime.specialSigKey]: pulumi.runtime.specialAssetSig,
    path: `/tmp/${hash}`,
    hash,
  });

  it.each<[string, string, Properties, Properties, string[], string[]]>([
    ["nothing", "web:WebApp", { tags: { a: "1" } }, { tags: { a: "1" } }, [], []],
    ["tags", "web:WebApp", { tags: { a: "1" } }, { tags: {} }, ["tags"], []],
    ["only secrecy", "keyvault:Secret", { a: toSecret("1") }, { a: "1" }, [], []],
    ["a secret", "keyvault:Secret", { a: toSecret("1") }, { a: toSecret("2") }, ["a"], []],
    ["an unknown", "web:WebApp", { siteConfig: {} }, { siteConfig: UNKNOWN }, ["siteConfig"], []],
    ["a kind", "web:WebApp", { kind: "app" }, { kind: "api" }, ["kind"], ["kind"]],
    [
      "a group",
      "storage:Queue",
      { resourceGroupName: "a" },
      { resourceGroupName: "b" },
      ["resourceGroupName"],
      ["resourceGroupName"],
    ],
    [
      "a container's name",
      "storage:BlobContainer",
      { containerName: "a" },
      { containerName: "b" },
      ["containerName"],
      ["containerName"],
    ],
    [
      "a group's short name",
      "monitor:ActionGroup",
      { groupShortName: "a" },
      {},
      ["groupShortName"],
      [],
    ],
    ["the same file", "storage:Blob", { source: asset("a") }, { source: asset("a") }, [], []],
    [
      "a file",
      "storage:Blob",
      { source: asset("a") },
      { source: asset("b") },
      ["source"],
      ["source"],
    ],
    ["an index", "web:WebApp", { list: ["a"] }, { list: ["a", "b"] }, ["list"], []],
  ])("of %s", (_, type, old, given, changes, replaces) => {
    const diff = diffOf(type, old, given);
    // The real provider deletes first, whatever is replaced.
    const deleteBeforeReplace = replaces.length > 0;
    expect(diff).toEqual({ changes, replaces, deleteBeforeReplace });
  });

  it.each([
    ["random:index/randomPassword:RandomPassword", { length: 1 }, { length: 2 }],
    ["azuread:index/applicationPassword:ApplicationPassword", { endDate: "a" }, { endDate: "b" }],
  ])("replaces %s for any input, the new one first", (type, old, given) => {
    const diff = diffOf(type, old, given);
    expect(diff).toMatchObject({ replaces: Object.keys(old), deleteBeforeReplace: false });
  });
});

describe("what is only planned", () => {
  it("is not made, and leaves unknown what only Azure can tell", () => {
    const inputs = { resourceGroupName: group, vaultName: "planned", properties: { sku: "any" } };
    expect(foreseeCreate(inputs)).toEqual({ ...inputs, properties: UNKNOWN });
  });

  it("keeps what a change does not touch", async () => {
    const { inputs, outputs } = await createQueue("planned-queue");
    const changed = { ...inputs, metadata: { a: "1" } };
    expect(foresee(inputs, outputs, changed)).toEqual({ ...outputs, metadata: UNKNOWN });
  });
});

describe("a resource", () => {
  it("is as it was made, until it is changed or gone", async () => {
    const { id, inputs, outputs } = await createQueue("life");
    expect(outputs).toMatchObject({ ...inputs, name: "life" });
    expect(read("storage:Queue", id)).toEqual({ inputs, outputs });
    const changed = { ...inputs, metadata: { a: "1" } };
    const updated = await update("storage:Queue", { id, inputs, outputs, changed });
    expect(updated).toEqual({ ...outputs, metadata: { a: "1" } });
    expect(read("storage:Queue", id)).toEqual({ inputs: changed, outputs: updated });
    await remove(id);
    expect(read("storage:Queue", id)).toBeUndefined();
    await expect(remove(id)).resolves.toBeUndefined();
  });

  it("is not made twice, but again when it is gone", async () => {
    const { id, inputs } = await createQueue("again");
    await expect(create("storage:Queue", inputs)).rejects.toThrow("already existing resource");
    await remove(id);
    expect((await create("storage:Queue", inputs)).id).toBe(id);
  });

  it("goes with what it lies in", async () => {
    const { outputs } = await create("resources:ResourceGroup", { resourceGroupName: "short" });
    const place = { resourceGroupName: outputs["name"] };
    const identity = await create("managedidentity:UserAssignedIdentity", place);
    const queue = await createQueue("short-lived", String(outputs["name"]));
    await remove(`/subscriptions/${await subscriptionId()}/resourceGroups/SHORT`);
    expect(read("managedidentity:UserAssignedIdentity", identity.id)).toBeUndefined();
    expect(read("storage:Queue", queue.id)).toBeUndefined();
  });

  it("fails once where it is told to", async () => {
    azure.standIn.failOnce("create", "azure-native:managedidentity:UserAssignedIdentity");
    const attempt = async () =>
      create("managedidentity:UserAssignedIdentity", { resourceGroupName: group });
    await expect(attempt()).rejects.toThrow("InternalServerError");
    await expect(attempt()).resolves.toHaveProperty("id");
  });
});

describe("a vault", () => {
  const PROPERTIES = {
    tenantId: TENANT,
    sku: { family: "A", name: "standard" },
    enableRbacAuthorization: true,
    softDeleteRetentionInDays: 7,
  };

  it("gives a changed secret a version of its own, and no value back", async () => {
    const { inputs, outputs, id } = await createSecret("versions", toSecret("one"));
    const changed = { ...inputs, properties: { value: toSecret("two") } };
    const updated = await update("keyvault:Secret", { id, inputs, outputs, changed });
    expect(uriOf(outputs)).toMatch(/\/secrets\/s\/[0-9a-f]{32}$/);
    expect(uriOf(updated)).toMatch(/\/secrets\/s\/[0-9a-f]{32}$/);
    expect(uriOf(updated)).not.toBe(uriOf(outputs));
    expect(JSON.stringify([outputs, updated])).not.toMatch(/one|two/);
    expect([...azure.standIn.secrets]).toEqual(expect.arrayContaining(["one", "two"]));
  });

  it("lets a secret go with its vault only, and keeps the vault's name", async () => {
    const { id } = await createSecret("deleted", "x");
    await expect(remove(id)).rejects.toThrow("ForbiddenByRbac");
    await remove(id.slice(0, id.indexOf("/secrets/")));
    expect(azure.standIn.resources()).not.toContain(id);
    await expect(createSecret("deleted", "x")).rejects.toThrow("deleted but recoverable");
  });

  it.each([
    ["another retention", { softDeleteRetentionInDays: 90 }, "softDeleteRetentionInDays"],
    ["no more purge protection", { enablePurgeProtection: false }, "enablePurgeProtection"],
  ])("refuses %s", async (what, change, message) => {
    const properties = { ...PROPERTIES, enablePurgeProtection: true };
    const vaultName = `v-${what.replaceAll(" ", "-").slice(0, 16)}`;
    const inputs = { resourceGroupName: group, vaultName, properties };
    const { id, outputs } = await create("keyvault:Vault", inputs);
    const changed = { ...inputs, properties: { ...properties, ...change } };
    await expect(update("keyvault:Vault", { id, inputs, outputs, changed })).rejects.toThrow(
      message,
    );
  });

  it("keeps its address when it is changed", async () => {
    const inputs = { resourceGroupName: group, vaultName: "changed", properties: PROPERTIES };
    const { id, outputs } = await create("keyvault:Vault", inputs);
    const changed = { ...inputs, properties: { ...PROPERTIES, enabledForDeployment: false } };
    const updated = await update("keyvault:Vault", { id, inputs, outputs, changed });
    expect(updated["properties"]).toEqual({
      ...PROPERTIES,
      enabledForDeployment: false,
      vaultUri: "https://changed.vault.azure.net/",
    });
  });

  async function createSecret(vaultName: string, value: unknown) {
    const place = { resourceGroupName: group, vaultName };
    await create("keyvault:Vault", { ...place, properties: PROPERTIES });
    const inputs = { ...place, secretName: "s", properties: { value } };
    return { inputs, ...(await create("keyvault:Secret", inputs)) };
  }
});

describe("a storage account", () => {
  async function changeSku(from: string, to: string): Promise<unknown> {
    const inputs = { resourceGroupName: group, kind: "StorageV2", sku: { name: from } };
    const { id, outputs } = await create("storage:StorageAccount", inputs);
    const changed = { ...inputs, sku: { name: to } };
    try {
      return await update("storage:StorageAccount", { id, inputs, outputs, changed });
    } finally {
      await remove(id);
    }
  }

  it("takes another region for its copies in place", async () => {
    const updated = await changeSku("Standard_LRS", "Standard_GRS");
    expect(updated).toMatchObject({ sku: { name: "Standard_GRS" } });
  });

  it.each([
    ["Standard_LRS", "Standard_GZRS"],
    ["Standard_ZRS", "Standard_GRS"],
  ])("does not go from %s to %s in place", async (from, to) => {
    await expect(changeSku(from, to)).rejects.toThrow("is a conversion");
  });
});

describe("a plan", () => {
  it("stays while a site runs on it", async () => {
    const place = { resourceGroupName: group };
    const plan = await create("web:AppServicePlan", {
      ...place,
      reserved: true,
      sku: { name: "B1" },
    });
    const inputs = {
      ...place,
      serverFarmId: plan.id,
      siteConfig: { linuxFxVersion: "NODE|24-lts", appSettings: [{ name: "A", value: "1" }] },
    };
    const site = await create("web:WebApp", inputs);
    const changed = { ...inputs, siteConfig: { ...inputs.siteConfig, appSettings: [] } };
    const { outputs } = site;
    const updated = await update("web:WebApp", { id: site.id, inputs, outputs, changed });
    expect(updated).toEqual({ ...outputs, siteConfig: changed.siteConfig });
    await expect(remove(plan.id)).rejects.toThrow("is in use by");
    await remove(site.id);
    await expect(remove(plan.id)).resolves.toBeUndefined();
  });
});

describe("a subnet", () => {
  it("stays while a private endpoint lies in it", async () => {
    const place = { resourceGroupName: group };
    const network = { ...place, virtualNetworkName: "net", subnets: [{ name: "ends" }] };
    const { id } = await create("network:VirtualNetwork", network);
    const service = await create("keyvault:Vault", {
      ...place,
      properties: {
        tenantId: TENANT,
        sku: { family: "A", name: "standard" },
        enableRbacAuthorization: true,
      },
    });
    const endpoint = await create("network:PrivateEndpoint", {
      ...place,
      subnet: { id: `${id}/subnets/ends` },
      privateLinkServiceConnections: [
        { name: "it", privateLinkServiceId: service.id, groupIds: ["vault"] },
      ],
    });
    await expect(remove(id)).rejects.toThrow("is in use by");
    await remove(endpoint.id);
    await expect(remove(id)).resolves.toBeUndefined();
  });
});

function subjectOf(type: string): Subject {
  return { type: type.includes(":index/") ? type : `azure-native:${type}`, name: "it" };
}

async function createQueue(queueName: string, resourceGroupName = group) {
  const account = await create("storage:StorageAccount", {
    resourceGroupName,
    kind: "StorageV2",
    sku: { name: "Standard_LRS" },
  });
  const accountName = account.outputs["name"];
  const inputs = { resourceGroupName, accountName, queueName };
  return { inputs, ...(await create("storage:Queue", inputs)) };
}

function uriOf(outputs: Properties): string {
  const { properties } = outputs;
  return isObject(properties) ? String(properties["secretUriWithVersion"]) : "";
}

async function subscriptionId(): Promise<string> {
  const config = await invoke("azure-native:authorization:getClientConfig");
  return String(config["subscriptionId"]);
}

function diffOf(type: string, oldInputs: Properties, inputs: Properties) {
  return provider.diff(subjectOf(type), oldInputs, inputs);
}

async function create(type: string, inputs: Properties) {
  return provider.create(subjectOf(type), inputs);
}

function read(type: string, id: string): Live | undefined {
  return provider.read(subjectOf(type), id, { inputs: {}, outputs: {} });
}

async function update(type: string, made: Changing): Promise<Properties> {
  const { id, inputs: oldInputs, outputs: oldOutputs, changed: inputs } = made;
  return provider.update(subjectOf(type), id, { oldInputs, oldOutputs, inputs });
}

type Changing = { id: string; inputs: Properties; outputs: Properties; changed: Properties };

async function remove(id: string): Promise<void> {
  await provider.remove(id);
}

async function invoke(token: string): Promise<Properties> {
  return provider.invoke(token, {});
}
