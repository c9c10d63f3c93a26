import type * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { createRolePropagation } from "./role-propagation.ts";
import { evaluate } from "./testing/mocks.ts";

const SECOND_MS = 1000;
const HOOKED = { urn: "", id: "", name: "", type: "" };

let clock: number;
let waits: number[];
let rolePropagation: ReturnType<typeof createRolePropagation>;

beforeAll(async () => {
  await evaluate(async () => {
    rolePropagation = createRolePropagation("connector", 60, {
      now: () => clock,
      wait: async (ms) => waits.push(ms),
    });
    return {};
  });
});

describe("a site", () => {
  it.each([
    ["waits for nothing where no role is new", [], 0],
    ["waits for the newest role", [0, 30], 60 + 30 - 40],
    ["waits no longer once the newest role is old enough", [0, -30], 0],
  ])("%s", async (_, roles, seconds) => {
    waits = [];
    for (const at of roles) {
      clock = at * SECOND_MS;
      await callAll(rolePropagation.given.afterCreate);
    }
    clock = 40 * SECOND_MS;
    await callAll(rolePropagation.needed.beforeCreate);
    expect(waits).toEqual([seconds * SECOND_MS]);
    expect(rolePropagation.needed.beforeUpdate).toEqual(rolePropagation.needed.beforeCreate);
  });
});

async function callAll(hooks: pulumi.ResourceHookBinding["beforeCreate"] = []): Promise<void> {
  expect(hooks).toHaveLength(1);
  for (const hook of hooks) {
    await (typeof hook === "function" ? hook(HOOKED) : hook.callback(HOOKED));
  }
}
