import type { Properties } from "./property-values.ts";

/** What the tests need of a Pulumi engine, the real one or the miniature. */
export type Engine = {
  /** Plain and secret values, added to the stack's configuration under the project's name. */
  configure(plain: Record<string, string>, secret: Record<string, string>): Promise<void>;
  run(command: Command): Promise<Outcome>;
  /** `pulumi state unprotect --all` */
  unprotect(): Promise<void>;
  /** The stack's outputs; secrets are not shown. */
  outputs(): Promise<Properties>;
  /** All that the engine keeps of the stack, as text: state, history, backups. */
  kept(): Promise<string>;
};

export type Command = "preview" | "up" | "refresh" | "destroy" | "destroy --exclude-protected";

export type Outcome = {
  succeeded: boolean;
  /** What happened (under `preview`: what would) to resources of providers, in order. */
  steps: Step[];
  /** All that a person sees. */
  output: string;
};

/** Names of operations are the real engine's. */
export type Step = {
  op: string;
  type: string;
  name: string;
  /** Inputs, before and after; secrets are not shown. */
  old?: Properties;
  new?: Properties;
};

/** `create web:WebApp connector-site`, sorted: a plan without what stays the same. */
export function planOf({ steps }: Outcome): string[] {
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
