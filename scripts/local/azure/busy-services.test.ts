import { expect, test } from "vitest";

import { createBusyServices, type Write } from "./busy-services.ts";

const ACCOUNT_ID =
  "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a";
const IN_ACCOUNT = { resourceGroupName: "g", accountName: "a" };
const IN_VAULT = { resourceGroupName: "g", vaultName: "v" };

const service = { type: "azure-native:storage:BlobServiceProperties", inputs: IN_ACCOUNT };
const queue = { type: "azure-native:storage:Queue", inputs: IN_ACCOUNT };
const account = { type: "azure-native:storage:StorageAccount", id: ACCOUNT_ID, inputs: {} };
const secret = { type: "azure-native:keyvault:Secret", inputs: IN_VAULT };
const endpointTo = (privateLinkServiceId: string): Write => ({
  type: "azure-native:network:PrivateEndpoint",
  inputs: { privateLinkServiceConnections: [{ privateLinkServiceId }] },
});

test.each<[string, Write, Write]>([
  ["two services of one account", service, service],
  ["a queue while a service is written", service, queue],
  ["a service while a queue is made", queue, service],
  ["a queue while its account is changed", account, queue],
  ["two endpoints to one account", endpointTo(ACCOUNT_ID), endpointTo(ACCOUNT_ID)],
  ["a secret while its vault gets an endpoint", endpointTo("/x/vaults/V"), secret],
])("%s at a time are refused", async (_, first, second) => {
  const busy = createBusyServices();
  const running = busy.during(first, async () => {});
  await expect(busy.during(second, async () => {})).rejects.toThrow("(409)");
  await running;
  await expect(busy.during(second, async () => "made")).resolves.toBe("made");
});

test.each<[string, Write, Write]>([
  ["two queues of one account", queue, queue],
  ["two secrets", secret, secret],
  ["services of two accounts", service, { ...service, inputs: { accountName: "b" } }],
])("%s may be made at a time", async (_, first, second) => {
  const busy = createBusyServices();
  const made = [busy.during(first, async () => 1), busy.during(second, async () => 2)];
  await expect(Promise.all(made)).resolves.toEqual([1, 2]);
});

test("a write that fails leaves its account free", async () => {
  const busy = createBusyServices();
  const failing = busy.during(service, async () => {
    throw new Error("refused");
  });
  await expect(failing).rejects.toThrow("refused");
  await expect(busy.during(service, async () => "made")).resolves.toBe("made");
});
