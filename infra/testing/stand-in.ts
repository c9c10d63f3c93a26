import type { LocalAzure } from "../../scripts/local/contracts.ts";
import {
  changedKeys,
  fromSdk,
  hasUnknown,
  isObject,
  isSame,
  isSecret,
  mapValues,
  type Properties,
  secretTexts,
  toSdkAssets,
  UNKNOWN,
} from "./property-values.ts";
import { deletesBeforeReplace, replacedBy } from "./replacements.ts";

/** A resource as the engine addresses it; the name is the logical one. */
export type Subject = { type: string; name: string };

export type Diff = { changes: string[]; replaces: string[]; deleteBeforeReplace: boolean };

/** Stands in for the providers of every package that the local Azure knows; one Azure for all. */
export type StandIn = {
  check(subject: Subject): void;
  diff(subject: Subject, oldInputs: Properties, inputs: Properties): Diff;
  create(subject: Subject, inputs: Properties): Promise<{ id: string; outputs: Properties }>;
  /** As it is now; undefined where the resource is gone. */
  read(subject: Subject, id: string, state: Live): Live | undefined;
  update(subject: Subject, id: string, change: UpdateOf): Promise<Properties>;
  remove(id: string): Promise<void>;
  invoke(token: string, inputs: Properties): Promise<Properties>;
  /** What somebody else changes in Azure. */
  change(id: string, inputs: Properties): void;
  /** The next operation of that kind, on a resource of that type, fails; the one after it does not. */
  failOnce(operation: "create" | "update", type: string): void;
  /** Ids of all that was made and is still there, but for random values. */
  resources(): string[];
  /** When a resource of that type was made or changed last, in milliseconds. */
  lastChange(type: string): number;
  /** Every text that was secret in something made so far. */
  secrets: ReadonlySet<string>;
};

export type Live = { inputs: Properties; outputs: Properties };

export type UpdateOf = { oldInputs: Properties; oldOutputs: Properties; inputs: Properties };

export function createStandIn({ mocks, manager }: Pick<LocalAzure, "mocks" | "manager">): StandIn {
  const live = new Map<string, Live>();
  const secrets = new Set<string>();
  const failing = new Set<string>();
  const times = new Map<string, number>();
  const keep = ({ type }: Subject, id: string, now: Live): Properties => {
    times.set(type, Date.now());
    if (!isStateless(type)) {
      live.set(id, now);
    }
    for (const text of secretTexts(now)) {
      secrets.add(text);
    }
    return now.outputs;
  };
  const failIfTold = (operation: string, { type, name }: Subject): void => {
    if (failing.delete(`${operation} ${type}`)) {
      throw new Error(`InternalServerError: the ${operation} of ${name} failed, as it was told to`);
    }
  };
  return {
    secrets,
    lastChange: (type) => times.get(type) ?? Number.NaN,
    resources: () => [...live.keys()].filter((id) => manager.has(id)),
    change: (id, changed) => {
      const { inputs, outputs } = live.get(id) ?? { inputs: {}, outputs: {} };
      live.set(id, { inputs: { ...inputs, ...changed }, outputs: { ...outputs, ...changed } });
    },
    failOnce: (operation, type) => void failing.add(`${operation} ${type}`),
    check: ({ type }) => {
      if (!manager.knows(type)) {
        throw new Error(`Resource type ${type} is not known to the local Azure`);
      }
    },
    diff: ({ type }, oldInputs, inputs) => {
      const replaces = replacedBy(type, oldInputs, inputs);
      return {
        changes: changedKeys(oldInputs, inputs),
        replaces,
        deleteBeforeReplace: replaces.length > 0 && deletesBeforeReplace(type),
      };
    },
    create: async (subject, inputs) => {
      const { type, name } = subject;
      failIfTold("create", subject);
      const given = toSdkAssets(inputs);
      const made = await mocks.newResource({ type, name, inputs: given });
      if (made.id === undefined) {
        throw new Error(`${type} "${name}" was made without an id`);
      }
      const added = await whatWasAdded(given, isObject(made.state) ? made.state : {});
      const outputs = keep(subject, made.id, { inputs, outputs: { ...inputs, ...added } });
      return { id: made.id, outputs };
    },
    read: ({ type }, id, state) => {
      if (isStateless(type)) {
        return state;
      }
      return manager.has(id) ? live.get(id) : undefined;
    },
    update: async (subject, id, { oldInputs, oldOutputs, inputs }) => {
      failIfTold("update", subject);
      const added = await manager.update({ type: subject.type, id, inputs, oldInputs });
      const outputs = { ...carryOver(oldInputs, oldOutputs, inputs), ...added };
      return keep(subject, id, { inputs, outputs });
    },
    remove: async (id) => manager.remove(id),
    invoke: async (token, inputs) => {
      const answer: unknown = await mocks.call({ token, inputs });
      return isObject(answer) ? answer : {};
    },
  };
}

/** The random provider makes a value once and keeps nothing: its resources are their state. */
function isStateless(type: string): boolean {
  return type.startsWith("random:");
}

async function whatWasAdded(given: Properties, state: Properties): Promise<Properties> {
  const added = Object.entries(state).filter(([key, value]) => value !== given[key]);
  const entries = added.map(async ([key, value]) => [key, await fromSdk(value)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** New outputs: what the inputs say now, and what the service had added to the old ones. */
function carryOver(old: Properties, outputs: Properties, inputs: Properties): Properties {
  const added = Object.entries(outputs).filter(([key]) => !(key in old) && !(key in inputs));
  const carried = Object.fromEntries(added);
  for (const [key, value] of Object.entries(inputs)) {
    const [before, output] = [old[key], outputs[key]];
    // What was given and did not come back, a secret's value for one, does not come back now.
    if (key in outputs || !(key in old)) {
      carried[key] = isSame(before, value) ? output : merge(before, output, value);
    }
  }
  return carried;
}

function merge(before: unknown, output: unknown, value: unknown): unknown {
  return isMembers(before) && isMembers(output) && isMembers(value)
    ? carryOver(before, output, value)
    : value;
}

function isMembers(value: unknown): value is Properties {
  return isObject(value) && !isSecret(value);
}

/**
 * Outputs of an update that is only planned. What the service makes of a changed object is not known
 * before; of a changed text or number it is the text or number.
 */
export function foresee(
  oldInputs: Properties,
  oldOutputs: Properties,
  inputs: Properties,
): Properties {
  const outputs: Properties = { ...oldOutputs };
  for (const key of changedKeys(oldInputs, inputs)) {
    outputs[key] = foreseeInput(inputs[key]);
  }
  return outputs;
}

/** Outputs of a create that is only planned: what is missing in them is unknown to the program. */
export function foreseeCreate(inputs: Properties): Properties {
  return mapValues(inputs, foreseeInput);
}

function foreseeInput(value: unknown): unknown {
  return (typeof value === "object" && value !== null) || hasUnknown(value) ? UNKNOWN : value;
}
