import type { PlatformContainer } from "../../contracts.ts";

/** Containers of the platform in memory, and a client that writes to one by its SAS address. */
export function createMemoryContainers({ permissions = "w" } = {}) {
  const containers = new Map<string, Map<string, Buffer>>();
  return {
    async createContainer(name: string): Promise<PlatformContainer> {
      const blobs = new Map<string, Buffer>();
      const sasUri = `memory://containers/${name}?sp=${permissions}`;
      containers.set(sasUri, blobs);
      return {
        sasUri,
        list: async () => [...blobs].map(([blob, body]) => ({ name: blob, bytes: body.length })),
        read: async (blob) => blobs.get(blob) ?? Buffer.alloc(0),
      };
    },
    upload: (sasUri: string, name: string, body: string): void => {
      containers.get(sasUri)?.set(name, Buffer.from(body));
    },
  };
}
