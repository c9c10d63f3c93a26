import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readSettings } from "../app/settings.ts";
import { testEnvironment } from "../app/testing/environment.ts";
import { sealingKeys } from "./sealing-keys.ts";
import { evaluate, type Evaluation, valueOf } from "./testing/mocks.ts";

const setSchema = z.object({ keys: z.array(z.object({ kid: z.string(), k: z.string() })) });

describe("The sealing keys of a generation", () => {
  it("are one at first", async () => {
    const { resources } = await keysOf(1);
    expect(namesOf(resources)).toEqual(["sealing-key"]);
  });

  it("are the newest first, and all older ones, as they were", async () => {
    const [first, third] = [await setOf(await keysOf(1)), await setOf(await keysOf(3))];
    expect(third.map(({ kid }) => kid)).toEqual(["3", "2", "1"]);
    expect(third.at(-1)).toEqual(first[0]);
    expect(new Set(third.map(({ k }) => k)).size).toBe(3);
    expect(namesOf((await keysOf(3)).resources)).toEqual([
      "sealing-key",
      "sealing-key-2",
      "sealing-key-3",
    ]);
  });

  it("are what the app takes for its keys", async () => {
    const text = z.string().parse(await valueOf(pulumi.output((await keysOf(2)).outputs["keys"])));
    const { SEALING_KEYS } = readSettings({ ...testEnvironment(), SEALING_KEYS: text });
    expect(SEALING_KEYS.map(({ kid }) => kid)).toEqual(["2", "1"]);
  });

  it("are kept, each of them, as the first is", async () => {
    const kept = new Map<string, unknown>();
    await keysOf(2, ({ name, type, opts }) => {
      if (type.includes("RandomBytes")) {
        kept.set(name, opts.protect);
      }
      return undefined;
    });
    expect(Object.fromEntries(kept)).toEqual({ "sealing-key": true, "sealing-key-2": true });
  });
});

async function keysOf(
  generation: number,
  transformation: pulumi.ResourceTransformation = () => undefined,
): Promise<Evaluation> {
  const opts = { protect: true, transformations: [transformation] };
  return evaluate(async () => ({ keys: sealingKeys("sealing-key", generation, opts) }));
}

async function setOf({ outputs }: Evaluation) {
  const text = z.string().parse(await valueOf(pulumi.output(outputs["keys"])));
  return setSchema.parse(JSON.parse(text)).keys;
}

function namesOf(resources: Evaluation["resources"]): string[] {
  return resources
    .filter(({ type }) => type.includes("RandomBytes"))
    .map(({ name }) => name)
    .toSorted();
}
