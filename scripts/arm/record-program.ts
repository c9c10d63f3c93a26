import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { buildPackage } from "../../infra/package/build-package.ts";
import { program } from "../../infra/program.ts";
import { PROJECT } from "../stack/pulumi.ts";
import { kindOf } from "./kinds.ts";

/** A resource that an `up` would make, with the inputs that Azure would get. */
export type Recorded = {
  /** Pulumi's token, `azure-native:storage:StorageAccount`. */
  token: string;
  logicalName: string;
  /** Where it would be. */
  id: string;
  inputs: Record<string, unknown>;
};

export type Stack = {
  name: string;
  /** The stack's configuration, keys with their namespace. */
  config: Record<string, { value?: string | undefined; secret: boolean }>;
  subscriptionId: string;
  tenantId: string;
};

/** The group that everything is recorded in: what the site's own is called matters to nobody here. */
export const GROUP = "connector";
/** What Azure says of an identity when it is made. */
export const PRINCIPAL_ID = "00000000-0000-4000-8000-0000000000a1";
export const CLIENT_ID = "00000000-0000-4000-8000-0000000000a2";
/** In place of each secret, and as long as the longest has to be at least. */
const NO_SECRET = "a-secret-that-is-not-shown-here-".repeat(2);

/**
 * Evaluates the whole program in this process, without making anything: what it asks Azure for, with
 * secrets left out. Once a process: Pulumi keeps its settings in the process.
 * @throws pulumi.RunError with what the program refuses.
 */
export async function recordProgram(stack: Stack, build = buildPackage): Promise<Recorded[]> {
  const { subscriptionId, tenantId } = stack;
  const resources: Recorded[] = [];
  const mocks: pulumi.runtime.Mocks = {
    newResource: ({ type, name, inputs }) => {
      const recorded = record(stack, { token: type, logicalName: name, inputs: reveal(inputs) });
      resources.push(recorded);
      return { id: recorded.id, state: { ...recorded.inputs, ...computed(recorded) } };
    },
    call: () => ({ subscriptionId, tenantId, objectId: PRINCIPAL_ID, clientId: CLIENT_ID }),
  };
  await pulumi.runtime.setMocks(mocks, PROJECT, stack.name, false);
  Object.assign(pulumi.runtime.getMonitor() ?? {}, {
    registerResourceHook: (_hook: unknown, done: (error: null) => void) => done(null),
  });
  const values = Object.entries(stack.config).map(
    ([key, { value = "", secret }]) => [key, secret ? NO_SECRET : value] as const,
  );
  const secrets = Object.keys(stack.config).filter((key) => stack.config[key]?.secret);
  pulumi.runtime.setAllConfig(Object.fromEntries(values), secrets);
  await program(build);
  await pulumi.runtime.disconnect();
  return resources;
}

function record(
  { name, subscriptionId }: Stack,
  { token, logicalName, inputs }: Omit<Recorded, "id">,
): Recorded {
  const kind = kindOf(token);
  const group = `/subscriptions/${subscriptionId}/resourceGroups/${GROUP}`;
  if (!kind) {
    return {
      token,
      logicalName,
      inputs,
      id: token.endsWith(":ResourceGroup") ? group : logicalName,
    };
  }
  const own = kind.name.at(-1) ?? "";
  // Pulumi's own way: the logical name and some digits.
  const named = { [own]: autoname(logicalName, name), ...inputs };
  const steps = kind.name.map((step) => stepName(step, named));
  const scope = kind.scopeInput ? String(inputs[kind.scopeInput]) : group;
  const [provider = "", ...types] = kind.type.split("/");
  const path = types.map((type, nth) => `${type}/${steps[nth]}`).join("/");
  return {
    token,
    logicalName,
    inputs: own.startsWith("=") ? inputs : named,
    id: `${scope}/providers/${provider}/${path}`,
  };
}

export function stepName(step: string, inputs: Record<string, unknown>): string {
  return step.startsWith("=") ? step.slice(1) : String(inputs[step]);
}

/** The same at every evaluation; 24 characters at most, of which some services take no more. */
function autoname(logicalName: string, stack: string): string {
  const digits = createHash("sha256").update(`${stack} ${logicalName}`).digest("hex").slice(0, 8);
  return `${logicalName.slice(0, 16)}${digits}`;
}

/** What providers add; as much as the program goes by. */
function computed({ token, inputs, id }: Recorded): Record<string, unknown> {
  const name = id.split("/").at(-1) ?? "";
  const host = String(inputs["accountName"]);
  const known: Record<string, Record<string, unknown>> = {
    ResourceGroup: { name: GROUP },
    UserAssignedIdentity: { name, principalId: PRINCIPAL_ID, clientId: CLIENT_ID },
    StorageAccount: {
      name,
      primaryEndpoints: {
        blob: `https://${name}.blob.core.windows.net/`,
        queue: `https://${name}.queue.core.windows.net/`,
      },
    },
    Blob: { url: `https://${host}.blob.core.windows.net/packages/${String(inputs["blobName"])}` },
    Secret: {
      properties: {
        secretUriWithVersion: `https://${String(inputs["vaultName"])}.vault.azure.net/secrets/${name}/${"0".repeat(32)}`,
      },
    },
    WebApp: {
      name,
      defaultHostName: `${name}.azurewebsites.net`,
      hostNameSslStates: [{ name: `${name}.scm.azurewebsites.net`, hostType: "Repository" }],
    },
    Application: { clientId: CLIENT_ID, objectId: PRINCIPAL_ID },
    ApplicationPassword: { value: NO_SECRET },
    RandomPassword: { result: NO_SECRET },
    RandomId: { hex: "1a2b3c4d" },
    RandomBytes: { base64: Buffer.alloc(32, id).toString("base64") },
  };
  return known[token.slice(token.lastIndexOf(":") + 1)] ?? { name };
}

/** Inputs as a provider sees them: under mocks, secrets come wrapped. */
function reveal(inputs: unknown): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(revealValue(inputs));
}

function revealValue(value: unknown): unknown {
  if (pulumi.runtime.isRpcSecret(value)) {
    return revealValue(pulumi.runtime.unwrapRpcSecret(value));
  }
  if (Array.isArray(value)) {
    return value.map(revealValue);
  }
  // Assets are instances of classes, and are left as they are.
  return value !== null &&
    typeof value === "object" &&
    Object.getPrototypeOf(value) === Object.prototype
    ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, revealValue(one)]))
    : value;
}
