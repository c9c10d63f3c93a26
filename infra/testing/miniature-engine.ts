import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import type { IEngineServer } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineMessages from "@pulumi/pulumi/proto/engine_pb.js";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import type { Command, Engine, Outcome } from "./engine.ts";
import { answer, listenGrpc } from "./grpc.ts";
import {
  createMonitor,
  type Deployment,
  type Kept,
  providerOf,
  refuseProtected,
  remove,
} from "./miniature-monitor.ts";
import { applyProjectConfig } from "./project-config.ts";
import { blind, isSame, mapValues } from "./property-values.ts";
import { type Provider, startProvider } from "./provider-client.ts";

export type MiniatureOptions = {
  /** Folder of Pulumi.yaml. */
  root: string;
  /** Folder of the plugins' executables. */
  plugins: string;
  project: string;
  stack: string;
};

/** The SDK's own entry for programs: what the real language host starts. */
const RUN = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run");

/**
 * A Pulumi engine for tests on machines without the CLI: it runs the program in a process of its own,
 * plans against the state it keeps, and has the plugins carry the plan out. It keeps its state in
 * memory, one resource after another decides, and it knows only what this program asks for.
 */
export async function startMiniatureEngine(
  options: MiniatureOptions,
): Promise<Engine & { close(): void }> {
  const installed = await readdir(options.plugins);
  const names = installed.map((file) => file.replace("pulumi-resource-", ""));
  const started = await Promise.all(
    names.map(async (name) => [name, await startProvider(options.plugins, name)] as const),
  );
  const providers = new Map(started);
  const config: Record<string, string> = { "azure-native:location": "westeurope" };
  const secretKeys: string[] = [];
  let state: State = { resources: new Map(), condemned: [] };
  const qualify = (values: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [`${options.project}:${key}`, value]),
    );
  return {
    configure: async (plain, secret) => {
      Object.assign(config, qualify(plain), qualify(secret));
      secretKeys.push(...Object.keys(qualify(secret)));
    },
    run: async (command) => {
      const deployment = createDeployment(options, { command, providers, state });
      await runCommand[command](deployment, async () => {
        const { root } = options;
        const whole = await applyProjectConfig(root, { config, secretKeys });
        await runProgram(deployment, { root, config: whole, secretKeys });
      }).catch((error: unknown) => {
        deployment.failed = true;
        deployment.output.push(error instanceof Error ? error.message : String(error));
      });
      if (!deployment.preview) {
        state = { resources: deployment.next, condemned: deployment.condemned };
      }
      return outcomeOf(deployment);
    },
    unprotect: async () => state.resources.forEach((kept) => (kept.protect = false)),
    outputs: async () => {
      const stack = [...state.resources.values()].find(
        ({ type }) => type === "pulumi:pulumi:Stack",
      );
      return mapValues(stack?.outputs ?? {}, blind);
    },
    kept: async () =>
      JSON.stringify([...state.resources.values(), ...state.condemned].map((kept) => blind(kept))),
    close: () => started.forEach(([, provider]) => provider.close()),
  };
}

/** Between commands. Condemned is what was replaced, and is still there because an `up` failed. */
type State = { resources: Map<string, Kept>; condemned: Kept[] };

type Run = { command: Command; providers: Map<string, Provider>; state: State };

function createDeployment(
  { project, stack }: MiniatureOptions,
  { command, providers, state }: Run,
): Deployment {
  return {
    project,
    stack,
    preview: command === "preview",
    providers,
    old: state.resources,
    next: new Map(),
    renamed: new Map(),
    hooks: new Map(),
    condemned: [...state.condemned],
    steps: [],
    output: [],
    failed: false,
  };
}

function outcomeOf({ failed, steps, output }: Deployment): Outcome {
  return { succeeded: !failed, steps, output: output.join("\n") };
}

type Carry = (deployment: Deployment, evaluate: () => Promise<void>) => Promise<void>;

const runCommand: Record<Command, Carry> = {
  preview: up,
  up,
  refresh,
  destroy,
  "destroy --exclude-protected": destroyUnprotected,
};

async function up(deployment: Deployment, evaluate: () => Promise<void>): Promise<void> {
  await evaluate();
  const { old, next, renamed, condemned, failed } = deployment;
  const known = new Set([...next.keys(), ...renamed.values()]);
  const left = [...old.values()].filter(({ urn }) => !known.has(urn));
  if (failed) {
    for (const kept of left) {
      next.set(kept.urn, kept);
    }
    return;
  }
  const replaced = condemned.splice(0);
  for (const round of inRounds([...left, ...replaced])) {
    await Promise.all(
      round.map(async (kept) =>
        remove(deployment, replaced.includes(kept) ? "delete-replaced" : "delete", kept),
      ),
    );
  }
}

/**
 * What goes at once: nothing before what depends on it (ScheduleDeletes of github.com/pulumi/pulumi,
 * step_generator.go).
 */
function inRounds(going: Kept[]): Kept[][] {
  const urns = new Set(going.map(({ urn }) => urn));
  const last = going.filter(({ needs }) => !needs.some((urn) => urns.has(urn)));
  const before = going.filter((kept) => !last.includes(kept));
  return before.length === 0 ? [last] : [...inRounds(before), last];
}

async function refresh(deployment: Deployment): Promise<void> {
  const { old, next, steps } = deployment;
  for (const kept of old.values()) {
    if (!kept.custom) {
      next.set(kept.urn, kept);
      continue;
    }
    const { type, name, urn, id, inputs, outputs } = kept;
    const provider = providerOf(deployment, type);
    const now = await provider.read(urn, id, { inputs, outputs });
    if (now.id === "") {
      steps.push({ op: "delete", type, name });
      continue;
    }
    const change = { oldInputs: now.inputs, oldOutputs: now.outputs, inputs };
    const { changes } = await provider.diff(urn, id, change);
    const isUnchanged = changes.length === 0 && isSame(outputs, now.outputs);
    steps.push({ op: isUnchanged ? "same" : "update", type, name });
    next.set(urn, { ...kept, inputs: now.inputs, outputs: now.outputs });
  }
}

async function destroy(deployment: Deployment): Promise<void> {
  const { old, next } = deployment;
  old.forEach((kept, urn) => next.set(urn, kept));
  // The command's own preview, which it starts with, fails at what is protected.
  refuseProtected([...old.values()]);
  next.clear();
  await removeAllBut(deployment, new Set());
}

async function destroyUnprotected(deployment: Deployment): Promise<void> {
  const { old } = deployment;
  const spared = new Set<string>();
  const spare = (urn: string): void => {
    if (!spared.has(urn)) {
      spared.add(urn);
      old.get(urn)?.needs.forEach(spare);
    }
  };
  [...old.values()].filter(({ protect }) => protect).forEach(({ urn }) => spare(urn));
  await removeAllBut(deployment, spared);
}

async function removeAllBut(deployment: Deployment, spared: Set<string>): Promise<void> {
  const { old, next, condemned } = deployment;
  const left = new Map(old);
  const going = [...old.values(), ...condemned.splice(0)].filter(({ urn }) => !spared.has(urn));
  try {
    for (const round of inRounds(going)) {
      await Promise.all(
        round.map(async (kept) => {
          await remove(deployment, "delete", kept);
          left.delete(kept.urn);
        }),
      );
    }
  } finally {
    for (const kept of left.values()) {
      next.set(kept.urn, kept);
    }
  }
}

type Program = { root: string; config: Record<string, string>; secretKeys: string[] };

async function runProgram(deployment: Deployment, program: Program): Promise<void> {
  const server = new grpc.Server();
  server.addService(ResourceMonitorService, createMonitor(deployment));
  server.addService(EngineService, createEngineService(deployment.output));
  const address = `127.0.0.1:${await listenGrpc(server)}`;
  try {
    const code = await spawnProgram(deployment, program, address);
    if (code !== 0) {
      deployment.failed = true;
      deployment.output.push(`the program ended with ${code}`);
    }
  } finally {
    server.forceShutdown();
  }
}

async function spawnProgram(
  { project, stack, preview, output }: Deployment,
  { root, config, secretKeys }: Program,
  address: string,
): Promise<number | null> {
  const names = ["--project", project, "--stack", stack, "--organization", "organization"];
  const places = ["--monitor", address, "--engine", address, "--root-directory", root];
  const how = ["--pwd", join(root, "infra"), "--parallel", "16", ...(preview ? ["--dry-run"] : [])];
  const child = spawn(process.execPath, [RUN, ...places, ...names, ...how, "index.ts"], {
    env: {
      PATH: process.env["PATH"],
      PULUMI_CONFIG: JSON.stringify(config),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(secretKeys),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
}

function createEngineService(output: string[]) {
  let root = "";
  return {
    getRootResource: answer(() => new engineMessages.GetRootResourceResponse().setUrn(root)),
    setRootResource: answer((request) => {
      root = request.getUrn();
      return new engineMessages.SetRootResourceResponse();
    }),
    log: answer((request) => {
      if (request.getSeverity() > engineMessages.LogSeverity.DEBUG) {
        output.push(request.getMessage());
      }
      return new empty.Empty();
    }),
  } satisfies Partial<IEngineServer>;
}
