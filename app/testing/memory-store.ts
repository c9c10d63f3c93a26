import { type Blob, refuseEvidence, type Store } from "../archive/store.ts";

/** The store in memory: same contract as the one on Azure (store.test.ts holds both to it). */
export function createMemoryStore(): Store & { blobs: Map<string, Blob> } {
  const blobs = new Map<string, Blob>();
  let version = 0;
  const write = (name: string, body: Uint8Array, metadata: Record<string, string> = {}) => {
    version += 1;
    const etag = `"${version}"`;
    blobs.set(name, { body: Buffer.from(body), etag, metadata: asHeaders(metadata) });
    return etag;
  };
  return {
    blobs,
    read: async (name) => blobs.get(name),
    async create(name, body, about) {
      if (blobs.has(name)) {
        return false;
      }
      write(name, body, about?.metadata);
      return true;
    },
    async replace(name, body, etag) {
      refuseEvidence(name);
      return blobs.get(name)?.etag === etag ? write(name, body) : undefined;
    },
    async put(name, body, about) {
      refuseEvidence(name);
      write(name, body, about?.metadata);
    },
    async remove(name, etag) {
      refuseEvidence(name);
      return etag === undefined || blobs.get(name)?.etag === etag ? blobs.delete(name) : false;
    },
    async createStream(name, body, about) {
      const whole = Buffer.concat(await Array.fromAsync(body));
      const called = typeof name === "string" ? name : name();
      if (blobs.has(called)) {
        return false;
      }
      write(called, whole, about?.metadata);
      return true;
    },
    async readStream(name) {
      const blob = blobs.get(name);
      return blob && inChunks(blob.body);
    },
    async *list(prefix) {
      yield* [...blobs.keys()].filter((name) => name.startsWith(prefix)).sort();
    },
  };
}

/** What nobody may do: evidence is given other bytes. */
export function tamperWith(
  { blobs }: Pick<ReturnType<typeof createMemoryStore>, "blobs">,
  name: string,
  body: Uint8Array,
): void {
  const { etag = "", metadata = {} } = blobs.get(name) ?? {};
  blobs.set(name, { body: Buffer.from(body), etag, metadata });
}

/** Metadata travels as headers: names in any case, values without what no header can hold. */
function asHeaders(metadata: Record<string, string>): Record<string, string> {
  const headers = new Headers(metadata);
  return Object.fromEntries(headers);
}

const CHUNK_BYTES = 64 * 1024;

async function* inChunks(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < body.byteLength; start += CHUNK_BYTES) {
    yield body.subarray(start, start + CHUNK_BYTES);
  }
}
