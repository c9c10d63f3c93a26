import { z } from "zod";
import { blind, mapValues, type Properties } from "./property-values.ts";

/** What became (under `preview`: would become) of a resource of a provider. Names of operations are the engine's. */
export type Step = {
  op: string;
  type: string;
  name: string;
  /** Inputs, before and after; secrets are not shown. */
  old?: Properties;
  new?: Properties;
};

const stateSchema = z.object({
  custom: z.boolean().optional(),
  inputs: z.record(z.string(), z.unknown()).nullish(),
});

const stepSchema = z.object({
  planning: z.boolean().optional(),
  metadata: z.object({
    op: z.string(),
    urn: z.string(),
    type: z.string(),
    old: stateSchema.nullish(),
    new: stateSchema.nullish(),
  }),
});

/** One line of the log, as far as it matters here. */
const eventSchema = z.object({
  diagnosticEvent: z.object({ severity: z.string() }).optional(),
  resourcePreEvent: stepSchema.optional(),
  resOutputsEvent: stepSchema.optional(),
});

/** The steps that the CLI has logged (`--event-log`) of a command, in order. */
export function readSteps(log: string, command: string): Step[] {
  return (
    linesOf(log)
      .map((line) => eventSchema.parse(JSON.parse(line)))
      // What became of a resource is known when it is refreshed, of all others when it is begun.
      .map((event) => (command === "refresh" ? event.resOutputsEvent : event.resourcePreEvent))
      .filter((event) => event !== undefined)
      .filter(({ planning = false }) => planning === (command === "preview"))
      .map(({ metadata }) => metadata)
      .filter((step) => (step.new ?? step.old)?.custom && !step.type.startsWith("pulumi:"))
      .map(({ op, type, urn, ...states }) => ({
        op,
        type,
        name: urn.split("::").at(-1) ?? "",
        ...(states.old?.inputs && { old: mapValues(states.old.inputs, blind) }),
        ...(states.new?.inputs && { new: mapValues(states.new.inputs, blind) }),
      }))
  );
}

/**
 * The log without what the SDK prints at severity `debug`, the answers of the engine among it: the CLI shows and
 * keeps none of that unless it is told to (`--debug`).
 */
export function withoutDebugLines(log: string): string {
  const isDebug = (line: string) =>
    eventSchema.parse(JSON.parse(line)).diagnosticEvent?.severity === "debug";
  return linesOf(log)
    .filter((line) => !isDebug(line))
    .join("\n");
}

function linesOf(log: string): string[] {
  return log.split("\n").filter((line) => line !== "");
}

/** `create web:WebApp connector-site`, sorted: a plan without what stays the same. */
export function planOf({ steps }: { steps: Step[] }): string[] {
  const planned = new Set(["create", "update", "replace", "delete"]);
  return steps
    .filter(({ op }) => planned.has(op))
    .map(({ op, type, name }) => `${op} ${shortType(type)} ${name}`)
    .sort();
}

function shortType(type: string): string {
  return type.startsWith("azure-native:")
    ? type.slice("azure-native:".length)
    : type.replace(/^(\w+):.*:/, "$1:");
}
