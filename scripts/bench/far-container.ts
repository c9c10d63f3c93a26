import * as z from "zod";
import { type Containers, startContainers } from "./azurite-container.ts";
import { startChild } from "./child.ts";

/** As far as a store in the region is. */
export const DELAY_MS = 20;

/** Azurite behind a proxy in a process of its own that holds every answer back. */
export async function startFarContainers(): Promise<Containers> {
  const near = await startContainers();
  const proxy = startChild("delay.ts", {
    parameters: [new URL(near.blobUrl).port, String(DELAY_MS)],
  });
  const { port } = await proxy.next(z.object({ port: z.number() }));
  const blobUrl = `https://127.0.0.1:${port}`;
  return {
    ...near,
    blobUrl,
    createContainer: async () => (await near.createContainer()).replace(near.blobUrl, blobUrl),
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await near[Symbol.asyncDispose]();
    },
  };
}
