import { ContainerClient } from "@azure/storage-blob";
import { describe, expect, it, onTestFinished } from "vitest";
import { SILENCES, startSilentServer } from "../testing/silent-server.ts";
import { createAzureStore } from "./azure-store.ts";
import type { Store } from "./store.ts";

const TIMEOUT_MS = 150;
const SOON_MS = 3_000;
const BODY = Buffer.from("x");

const CALLS: [string, (store: Store) => Promise<unknown>][] = [
  ["read", (store) => store.read("a")],
  ["create", (store) => store.create("a", BODY)],
  ["replace", (store) => store.replace("a", BODY, '"1"')],
  ["put", (store) => store.put("a", BODY)],
  ["createStream", (store) => store.createStream("a", stream())],
  ["readStream", async (store) => Array.fromAsync((await store.readStream("a")) ?? [])],
  ["remove", (store) => store.remove("a")],
  ["list", (store) => Array.fromAsync(store.list("a"))],
];

describe.each(Object.entries(SILENCES))("A storage that %s", (title, answer) => {
  // An answer without a body is whole as soon as its headers are.
  const calls =
    title === "stops within its body" ? CALLS.filter(([name]) => name.startsWith("read")) : CALLS;

  it.each(calls)("keeps nobody waiting for ever: %s", async (_name, call) => {
    const server = await startSilentServer(answer);
    onTestFinished(() => server.close());
    const container = new ContainerClient(`${server.url}/archive`, undefined, {
      retryOptions: { maxTries: 2, retryDelayInMs: 10 },
    });
    const store = createAzureStore(
      { evidence: container, state: container },
      { timeoutMs: TIMEOUT_MS },
    );
    const started = performance.now();
    await expect(call(store)).rejects.toThrow(/abort|timed? ?out/i);
    expect(performance.now() - started).toBeLessThan(SOON_MS);
    expect(server.requests()).toBeGreaterThan(0);
  });
});

async function* stream(): AsyncGenerator<Uint8Array> {
  yield BODY;
}
