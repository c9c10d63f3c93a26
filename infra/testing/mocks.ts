import { setTimeout } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";

/** A resource as the program asked for it. */
export type Recorded = { type: string; name: string; inputs: Record<string, unknown> };

/** What the program asked of the engine for a resource. */
export type Options = {
  protect: boolean;
  retainOnDelete: boolean;
  /** Logical names of what is created before, its parents left out. */
  dependsOn: string[];
  provider: string;
  ignoreChanges: string[];
  /** Undefined: as the provider wants it. */
  deleteBeforeReplace: boolean | undefined;
  /** Names of hooks, by what they wait for. */
  hooks: { afterCreate: string[]; beforeCreate: string[]; beforeUpdate: string[] };
};

export type Evaluation = {
  resources: Recorded[];
  /** The stack's outputs; secrets are still wrapped. */
  outputs: Record<string, unknown>;
  /** The one resource of a type (`web:WebApp`) and, where there are several, of a logical name. */
  find: (type: string, name?: string) => Recorded;
  all: (type: string) => Recorded[];
  /** Options by logical name; of one type, where several types share the name. */
  optionsOf: (name: string, type?: string) => Options;
};

const PROJECT = "m365-twitter-connector";
const SUBSCRIPTION = "00000000-0000-4000-8000-000000000001";
const TENANT = "11111111-1111-4111-8111-111111111111";
export const DEPLOYER = "77777777-7777-4777-8777-777777777777";

/**
 * Without stack traces: the SDK takes one for every promise that it makes, which is half of an
 * evaluation's time.
 */
export async function evaluate(...parameters: Parameters<typeof record>): Promise<Evaluation> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return await record(...parameters);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/**
 * Evaluates the whole program, recording every resource. Under `preview`, whatever a provider would
 * compute is unknown, as it is on the first `pulumi preview`.
 */
async function record(
  importProgram: () => Promise<Record<string, unknown>>,
  { config = {}, preview = false }: { config?: Record<string, string>; preview?: boolean } = {},
): Promise<Evaluation> {
  const resources: Recorded[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, id }) => {
        const recorded = { type, name, inputs: toRecord(inputs) };
        resources.push(recorded);
        return {
          // An id is given only for resources that are read.
          id: preview ? undefined : id || idOf(recorded),
          state: { ...recorded.inputs, ...(preview ? {} : computed(recorded)) },
        };
      },
      call: ({ token }) => {
        if (!/^(azure-native:authorization|azuread:index\/\w+):getClientConfig$/.test(token)) {
          throw new Error(`the program called ${token}, which the mocks do not know`);
        }
        return {
          subscriptionId: SUBSCRIPTION,
          tenantId: TENANT,
          objectId: DEPLOYER,
          clientId: "c",
        };
      },
    },
    PROJECT,
    "test",
    preview,
  );
  const options = recordOptions();
  pulumi.runtime.setAllConfig({
    "azure-native:location": "westeurope",
    ...qualify(PROJECT, config),
  });
  const outputs = await importProgram();
  await pulumi.runtime.disconnect();
  const all = (type: string) => resources.filter((one) => one.type.endsWith(`:${type}`));
  return {
    resources,
    outputs,
    all,
    optionsOf(name, type = "") {
      const found = options.find((one) => one.name === name && one.type.endsWith(type));
      if (!found) {
        throw new Error(`no resource ${name} of type ${type}`);
      }
      return found.options;
    },
    find(type, name) {
      const found = all(type).filter((one) => name === undefined || one.name === name);
      const [first] = found;
      if (!first || found.length > 1) {
        throw new Error(`${found.length} resources of type ${type} ${name ?? ""}`);
      }
      return first;
    },
  };
}

/** Mocks are told no options, but they pass the mocks' monitor. */
function recordOptions(): { type: string; name: string; options: Options }[] {
  const recorded: { type: string; name: string; options: Options }[] = [];
  const monitor = pulumi.runtime.getMonitor();
  if (!monitor) {
    throw new Error("there is no monitor: call setMocks first");
  }
  const register = monitor.registerResource.bind(monitor);
  Object.assign(monitor, {
    // The SDK's own mocks say that they have hooks, and do not.
    registerResourceHook: (_hook: unknown, done: (error: null) => void) => done(null),
    registerResource: (...call: Parameters<typeof register>) => {
      const [request] = call;
      recorded.push({
        type: request.getType(),
        name: request.getName(),
        options: {
          protect: request.getProtect() ?? false,
          retainOnDelete: request.getRetainondelete() ?? false,
          dependsOn: request.getDependenciesList().map((urn) => urn.split("::").at(-1) ?? ""),
          provider: request.getProvider(),
          ignoreChanges: request.getIgnorechangesList(),
          deleteBeforeReplace: request.getDeletebeforereplacedefined()
            ? request.getDeletebeforereplace()
            : undefined,
          hooks: {
            afterCreate: request.getHooks()?.getAfterCreateList() ?? [],
            beforeCreate: request.getHooks()?.getBeforeCreateList() ?? [],
            beforeUpdate: request.getHooks()?.getBeforeUpdateList() ?? [],
          },
        },
      });
      return register(...call);
    },
  });
  return recorded;
}

/** The value of an output of an evaluated program; undefined where it is unknown. */
export async function valueOf<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  let value: T | undefined;
  output.apply((known) => {
    value = known;
  });
  // Everything has settled when a program is evaluated; an unknown output never calls back.
  await setTimeout(1);
  return value;
}

function idOf({ type, name, inputs }: Recorded): string {
  if (type.startsWith("azuread:")) {
    return `/${name}/object-id`;
  }
  const parent = JSON.stringify(inputs["accountName"] ?? inputs["vaultName"] ?? "");
  return `/subscriptions/${SUBSCRIPTION}/${type}/${parent}/${name}`;
}

/** What a provider adds to the inputs; names are those of the real ones. */
function computed({ type, name, inputs }: Recorded): Record<string, unknown> {
  const short = type.slice(type.lastIndexOf(":") + 1);
  const known: Record<string, Record<string, unknown>> = {
    ResourceGroup: { name: `${name}-rg` },
    UserAssignedIdentity: { principalId: "principal-id", clientId: "client-id" },
    StorageAccount: {
      name: `${name}1`,
      primaryEndpoints: {
        blob: `https://${name}1.blob.core.windows.net/`,
        queue: `https://${name}1.queue.core.windows.net/`,
      },
    },
    BlobContainer: { name: inputs["containerName"] },
    Queue: { name: inputs["queueName"] },
    Blob: { url: `https://package.blob.core.windows.net/packages/${String(inputs["blobName"])}` },
    Vault: { name: `${name}1` },
    Secret: {
      properties: { secretUriWithVersion: `https://v.vault.azure.net/secrets/${name}/version1` },
    },
    WebApp: {
      name: `${name}1`,
      defaultHostName: "connector-1a2b.azurewebsites.net",
      hostNameSslStates: [
        { name: "connector-1a2b.azurewebsites.net", hostType: "Standard" },
        { name: "connector-1a2b.scm.azurewebsites.net", hostType: "Repository" },
      ],
    },
    Application: { clientId: "22222222-2222-4222-8222-222222222222", objectId: "object-id" },
    ApplicationPassword: { value: "generated-client-secret" },
    RandomPassword: { result: "generated-api-secret-key" },
    RandomId: { hex: "1a2b3c4d" },
    RandomBytes: { base64: Buffer.alloc(32, 6 + numberIn(name)).toString("base64") },
  };
  return known[short] ?? {};
}

/** 3 of `key-3`, 1 of `key`: other bytes for each. */
function numberIn(name: string): number {
  return Number(/\d+$/.exec(name)?.[0] ?? 1);
}

/** Configuration as the engine hands it over: each key with its namespace. */
export function qualify(namespace: string, config: Record<string, string>): Record<string, string> {
  const qualified: Record<string, string> = {};
  for (const [key, value] of Object.entries(config)) {
    qualified[`${namespace}:${key}`] = value;
  }
  return qualified;
}

/** A copy of an object's members; of anything else, none. */
export function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
