import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IResourceMonitorServer } from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/resource_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import type { Step } from "./engine.ts";
import { answer, readStruct, toStruct } from "./grpc.ts";
import {
  blind,
  isAsset,
  isObject,
  mapValues,
  type Properties,
  toSecret,
} from "./property-values.ts";
import type { Provider } from "./provider-client.ts";
import { type Hooks, type Moment, runHooks } from "./resource-hooks.ts";
import { formerUrns, urnOf } from "./urn.ts";

/** A resource as the engine keeps it. */
export type Kept = {
  urn: string;
  type: string;
  name: string;
  custom: boolean;
  id: string;
  inputs: Properties;
  outputs: Properties;
  protect: boolean;
  retainOnDelete: boolean;
  /** URNs of its parent and of all that it depends on. */
  needs: string[];
};

/** One run of the program. */
export type Deployment = {
  project: string;
  stack: string;
  preview: boolean;
  providers: Map<string, Provider>;
  old: ReadonlyMap<string, Kept>;
  /** What was registered so far, in order. */
  next: Map<string, Kept>;
  /** URNs of what was registered under another than it had, and the one it had. */
  renamed: Map<string, string>;
  hooks: Hooks;
  /** Replaced, but still there. */
  condemned: Kept[];
  steps: Step[];
  output: string[];
  failed: boolean;
};

type Request = messages.RegisterResourceRequest;

const {
  RESOURCE_MONITOR_FEATURE_SECRETS: SECRETS,
  RESOURCE_MONITOR_FEATURE_DELETED_WITH: DELETED_WITH,
  RESOURCE_MONITOR_FEATURE_ALIAS_SPECS: ALIAS_SPECS,
  RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS: RESOURCE_HOOKS,
} = messages.ResourceMonitorFeature;
/** Of the features of the real monitor, those that this one has. */
const FEATURES = [SECRETS, DELETED_WITH, ALIAS_SPECS, RESOURCE_HOOKS];

/** Serves the program as the real engine's resource monitor does, as far as this program needs. */
export function createMonitor(deployment: Deployment) {
  return {
    getDeploymentInfo: answer(() =>
      new messages.DeploymentInfo().setSupportedfeaturesList(FEATURES),
    ),
    registerResource: answer(async (request) => {
      const kept = await register(deployment, request);
      return new messages.RegisterResourceResponse()
        .setUrn(kept.urn)
        .setId(kept.id)
        .setObject(toStruct(kept.outputs));
    }),
    registerResourceHook: answer((request) => {
      const callback = request.getCallback();
      if (callback) {
        deployment.hooks.set(request.getName(), { callback, onDryRun: request.getOnDryRun() });
      }
      return new empty.Empty();
    }),
    registerResourceOutputs: answer((request) => {
      const kept = deployment.next.get(request.getUrn());
      if (kept) {
        kept.outputs = readStruct(request.getOutputs());
      }
      return new empty.Empty();
    }),
    invoke: answer(async (request) => {
      const token = request.getTok();
      const outputs = await providerOf(deployment, token).invoke(
        token,
        readStruct(request.getArgs()),
      );
      return new messages.ResourceInvokeResponse().setReturn(toStruct(outputs));
    }),
    signalAndWaitForShutdown: answer(() => new empty.Empty()),
  } satisfies Partial<IResourceMonitorServer>;
}

export function providerOf({ providers: started }: Deployment, token: string): Provider {
  const provider = started.get(token.slice(0, token.indexOf(":")));
  if (!provider) {
    throw new Error(`no plugin for ${token}`);
  }
  return provider;
}

async function register(deployment: Deployment, request: Request): Promise<Kept> {
  const { next, output } = deployment;
  const asked = read(deployment, request);
  const old = oldOf(deployment, request, asked.urn);
  if (!asked.custom) {
    next.set(asked.urn, asked);
    return asked;
  }
  if (asked.type.startsWith("pulumi:providers:")) {
    // One stand-in serves all, however a provider is configured.
    const provider = { ...asked, custom: false, id: "provider" };
    next.set(asked.urn, provider);
    return provider;
  }
  if (deployment.failed) {
    throw new Error("the deployment has failed");
  }
  try {
    const kept = await carryOut(deployment, { asked, old }, request);
    kept.outputs = { ...kept.outputs, ...secretOutputs(request, kept.outputs) };
    next.set(kept.urn, kept);
    return kept;
  } catch (error) {
    deployment.failed = true;
    output.push(`${asked.urn}: ${error instanceof Error ? error.message : String(error)}`);
    throw error;
  }
}

function read(deployment: Deployment, request: Request): Kept {
  const [type, name] = [request.getType(), request.getName()];
  const inputs = mapValues(readStruct(request.getObject()), withHash);
  return {
    urn: urnOf(deployment, request.getParent(), { type, name }),
    type,
    name,
    custom: request.getCustom(),
    id: "",
    inputs,
    outputs: inputs,
    protect: request.getProtect() ?? false,
    retainOnDelete: request.getRetainondelete() ?? false,
    needs: [request.getParent(), ...request.getDependenciesList()],
  };
}

/** Providers tell files apart by hashes, which the engine adds. */
function withHash(value: unknown): unknown {
  if (!isAsset(value)) {
    return value;
  }
  const hash = createHash("sha256")
    .update(readFileSync(String(value["path"])))
    .digest("hex");
  return { ...value, hash };
}

async function carryOut(
  deployment: Deployment,
  { asked, old }: { asked: Kept; old: Kept | undefined },
  request: Request,
): Promise<Kept> {
  const provider = providerOf(deployment, asked.type);
  const { urn } = asked;
  const hooked = async (moment: Moment) =>
    runHooks(deployment.hooks, request, { moment, isPreview: deployment.preview });
  const given = ignoring(request.getIgnorechangesList(), old?.inputs ?? {}, asked.inputs);
  const checked = { ...asked, inputs: await provider.check(urn, given) };
  if (!old) {
    await hooked("beforeCreate");
    report(deployment, "create", { fresh: checked });
    const made = await provider.create(urn, checked.inputs, deployment.preview);
    await hooked("afterCreate");
    return { ...checked, ...made };
  }
  const change = { oldInputs: old.inputs, oldOutputs: old.outputs, inputs: checked.inputs };
  const diff = await provider.diff(urn, old.id, change);
  if (diff.replaces.length > 0) {
    const deleteFirst = request.getDeletebeforereplacedefined()
      ? request.getDeletebeforereplace()
      : diff.deleteBeforeReplace;
    await hooked("beforeCreate");
    const made = await replace(deployment, provider, { old, fresh: checked, deleteFirst });
    await hooked("afterCreate");
    return made;
  }
  if (diff.changes.length === 0) {
    report(deployment, "same", { old, fresh: checked });
    return { ...checked, id: old.id, outputs: old.outputs };
  }
  await hooked("beforeUpdate");
  report(deployment, "update", { old, fresh: checked });
  const outputs = await provider.update(urn, old.id, change, deployment.preview);
  return { ...checked, id: old.id, outputs };
}

/** Inputs in which what is to be ignored (`name`, `name.name`) stands as it stood before, if it did. */
function ignoring(paths: string[], old: Properties, given: Properties): Properties {
  const inputs = { ...given };
  for (const path of paths) {
    const [key = "", ...rest] = path.split(".");
    const [before, now] = [old[key], inputs[key]];
    if (rest.length > 0 && isObject(now)) {
      inputs[key] = ignoring([rest.join(".")], isObject(before) ? before : {}, now);
    } else if (key in old) {
      inputs[key] = before;
    } else {
      delete inputs[key];
    }
  }
  return inputs;
}

/** By its URN, or else by one that it had before: then it is noted as renamed. */
function oldOf(deployment: Deployment, request: Request, urn: string): Kept | undefined {
  const { old, next, renamed } = deployment;
  if (old.has(urn)) {
    return old.get(urn);
  }
  const former = formerUrns(deployment, request).find((one) => old.has(one));
  if (former === undefined) {
    return undefined;
  }
  if (next.has(former) || [...renamed.values()].includes(former)) {
    throw new Error(`${urn} is said to have been ${former}, which another resource is, too`);
  }
  renamed.set(urn, former);
  return old.get(former);
}

/** Unlike the real engine, it does not replace what depends on a resource that is deleted first. */
async function replace(
  deployment: Deployment,
  provider: Provider,
  { old, fresh, deleteFirst }: { old: Kept; fresh: Kept; deleteFirst: boolean },
): Promise<Kept> {
  if (deleteFirst) {
    await remove(deployment, "delete-replaced", old);
  }
  report(deployment, "create-replacement", { old, fresh });
  const made = await provider.create(fresh.urn, fresh.inputs, deployment.preview);
  report(deployment, "replace", { old, fresh });
  if (!deleteFirst) {
    deployment.condemned.push(old);
  }
  return { ...fresh, ...made };
}

export function refuseProtected(resources: Kept[]): void {
  const kept = resources.find(({ protect }) => protect);
  if (kept) {
    throw new Error(`resource ${kept.urn} cannot be deleted because it is protected`);
  }
}

export async function remove(deployment: Deployment, op: string, old: Kept): Promise<void> {
  refuseProtected([old]);
  if (old.custom) {
    report(deployment, op, { old });
    if (!deployment.preview && !old.retainOnDelete) {
      await providerOf(deployment, old.type).remove(old.urn, old.id);
    }
  }
}

function report({ steps }: Deployment, op: string, step: { old?: Kept; fresh?: Kept }): void {
  const { type, name } = step.fresh ?? step.old ?? { type: "", name: "" };
  steps.push({ op, type, name, ...shown("old", step.old), ...shown("new", step.fresh) });
}

function shown(key: "old" | "new", kept: Kept | undefined): Partial<Step> {
  return kept ? { [key]: mapValues(kept.inputs, blind) } : {};
}

function secretOutputs(request: Request, outputs: Properties): Properties {
  const keys = request.getAdditionalsecretoutputsList().filter((key) => key in outputs);
  return Object.fromEntries(keys.map((key) => [key, toSecret(outputs[key])]));
}
