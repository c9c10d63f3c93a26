import { setTimeout as wait } from "node:timers/promises";

/** A write of a resource; without an id, one that is still to be made. */
export type Write = { type: string; id?: string; inputs: Record<string, unknown> };

/** `storageAccounts/<name>` or `vaults/<name>`, and whether all of it is busy with the write. */
type Target = { service: string; isWhole: boolean };

/** How long Azure is busy with a write; long enough for writes of one moment to meet. */
const BUSY_MS = 2;

/**
 * Writes below one storage account or vault. While the account or vault itself is written, or one of
 * its services, its policy or a private endpoint to it, Azure refuses every other write below it with
 * 409: `StorageAccountOperationInProgress` (github.com/hashicorp/terraform-provider-azurerm 17560),
 * `ConflictError` of a vault. Containers, queues and secrets may be made beside each other.
 */
export type BusyServices = { during<T>(write: Write, work: () => Promise<T>): Promise<T> };

export function createBusyServices(): BusyServices {
  const running = new Map<string, Target[]>();
  return {
    async during(write, work) {
      const targets = targetsOf(write);
      for (const { service, isWhole } of targets) {
        const others = running.get(service) ?? [];
        if (others.some((other) => other.isWhole || isWhole)) {
          throw new Error(
            `${codeOf(service)}: another operation on ${service} is in progress (409)`,
          );
        }
      }
      for (const target of targets) {
        running.set(target.service, [...(running.get(target.service) ?? []), target]);
      }
      try {
        if (targets.length > 0) {
          await wait(BUSY_MS);
        }
        return await work();
      } finally {
        for (const target of targets) {
          const others = (running.get(target.service) ?? []).filter((one) => one !== target);
          running.set(target.service, others);
        }
      }
    },
  };
}

const WHOLE = new Set([
  "azure-native:storage:StorageAccount",
  "azure-native:storage:BlobServiceProperties",
  "azure-native:storage:QueueServiceProperties",
  "azure-native:storage:ManagementPolicy",
  "azure-native:storage:BlobContainerImmutabilityPolicy",
  "azure-native:keyvault:Vault",
]);

function targetsOf({ type, id, inputs }: Write): Target[] {
  const { accountName, vaultName } = inputs;
  if (type === "azure-native:network:PrivateEndpoint") {
    const connected = servicesIn(JSON.stringify(inputs));
    return connected.map((service) => ({ service, isWhole: true }));
  }
  const named = [
    ...(typeof accountName === "string" ? [`/storageAccounts/${accountName}`] : []),
    ...(typeof vaultName === "string" ? [`/vaults/${vaultName}`] : []),
  ];
  return /^azure-native:(?:storage|keyvault):/.test(type)
    ? servicesIn(id ?? named.join("")).map((service) => ({ service, isWhole: WHOLE.has(type) }))
    : [];
}

/** Accounts and vaults that ids name. */
function servicesIn(text: string): string[] {
  const found = text.matchAll(/\/(storageAccounts|vaults)\/([\w-]+)/gi);
  return [...new Set([...found].map(([, kind, name]) => `${kind}/${name}`.toLowerCase()))];
}

function codeOf(service: string): string {
  return service.startsWith("vaults/") ? "ConflictError" : "StorageAccountOperationInProgress";
}
