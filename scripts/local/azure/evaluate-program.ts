import { resolve as resolvePath } from "node:path";
import { pathToFileURL } from "node:url";

import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import type { LocalAzure } from "../contracts.ts";

export type ProgramOptions = {
  azure: Pick<LocalAzure, "mocks">;
  /** Keys with their namespace: `azure-native:location`, `<project>:<key>`. */
  config: Record<string, string>;
  /** Keys of `config` whose values are secret. */
  secretKeys?: string[];
  project: string;
  stack: string;
  /** The program's file. Default: infra/index.ts. */
  program?: string;
};

const INFRA = resolvePath(import.meta.dirname, "../../../infra/index.ts");

let evaluating: Promise<unknown> = Promise.resolve();

/**
 * Runs the Pulumi program in this process against the local Azure; one after another, because the SDK
 * knows one engine at a time. Resolves to the stack's outputs, secrets revealed, when every resource is
 * made; rejects with the first resource that is refused.
 */
export async function evaluateProgram(options: ProgramOptions): Promise<Record<string, unknown>> {
  const evaluation = evaluating.then(() => evaluate(options));
  evaluating = evaluation.catch(() => undefined);
  return evaluation;
}

async function evaluate(options: ProgramOptions): Promise<Record<string, unknown>> {
  const { azure, config, secretKeys = [], project, stack, program = INFRA } = options;
  const failure = Promise.withResolvers<never>();
  // What nobody catches ends a Pulumi program, an error inside of apply() for one.
  process.on("unhandledRejection", failure.reject);
  await pulumi.runtime.setMocks(reportFailures(azure.mocks, failure.reject), project, stack, false);
  // The SDK's own mocks say that they have hooks, and do not. Nothing here takes time to be heeded.
  Object.assign(pulumi.runtime.getMonitor() ?? {}, {
    registerResourceHook: (_hook: unknown, done: (error: null) => void) => done(null),
  });
  pulumi.runtime.setAllConfig(config, secretKeys);
  const outputs = await Promise.race([failure.promise, outputsOf(program)]);
  // After a failure the listener stays: what depends on a refused resource fails too, at any time.
  process.off("unhandledRejection", failure.reject);
  return outputs;
}

let evaluations = 0;

async function outputsOf(program: string): Promise<Record<string, unknown>> {
  evaluations += 1;
  // A module is evaluated once; by another address, once more.
  const exported: unknown = await import(
    `${pathToFileURL(program).href}?evaluation=${evaluations}`
  );
  const outputs = await valueOf(exported);
  // Resources that no output depends on are made as well.
  await pulumi.runtime.disconnect();
  return outputs;
}

async function valueOf(exported: unknown): Promise<Record<string, unknown>> {
  const values = await new Promise((resolve) => {
    pulumi.output({ exported }).apply((all) => resolve(all.exported));
  });
  return z.record(z.string(), z.unknown()).parse(values);
}

/** Notes which resource or function failed: the SDK's own message does not say why. */
function reportFailures(
  mocks: pulumi.runtime.Mocks,
  reject: (error: Error) => void,
): pulumi.runtime.Mocks {
  const report = (what: string, error: unknown): Error => {
    const reason = error instanceof Error ? error.message : String(error);
    const failure = new Error(`${what}: ${reason}`, { cause: error });
    reject(failure);
    return failure;
  };
  return {
    newResource: async (args) => {
      try {
        return await mocks.newResource(args);
      } catch (error) {
        throw report(`Resource "${args.name}" (${args.type}) failed`, error);
      }
    },
    call: async (args) => {
      try {
        return await mocks.call(args);
      } catch (error) {
        throw report(`Function ${args.token} failed`, error);
      }
    },
  };
}
