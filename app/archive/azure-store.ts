import { randomUUID } from "node:crypto";
import type { TokenCredential } from "@azure/identity";
import { type BlockBlobClient, ContainerClient, RestError } from "@azure/storage-blob";
import { ConnectorError } from "../errors.ts";
import type { BlobAbout, Store } from "./store.ts";

const BLOCK_BYTES = 4 * 1024 * 1024;
/** For one request with all its tries and its whole body. */
const TIMEOUT_MS = 60_000;
/** The library's own would take minutes; the work is taken up again anyway. */
const RETRIES = { maxTries: 3, retryDelayInMs: 500, maxRetryDelayInMs: 4_000 };
// Codes, not statuses: a container that is gone is a 404 too, and says nothing of its blobs.
const ABSENT = "BlobNotFound";
const EXISTS = ["BlobAlreadyExists", "BlobImmutableDueToPolicy", "BlobArchived"];
const CHANGED = "ConditionNotMet";
const NOT_ONLINE = new Set(["BlobArchived", "BlobBeingRehydrated"]);

export function createArchiveContainer(url: string, credential: TokenCredential): ContainerClient {
  return new ContainerClient(url, credential, { retryOptions: RETRIES });
}

/**
 * The archive container. Errors other than "not there" and "changed meanwhile" are thrown as they are.
 * @throws ConnectorError `evidence-offline` for what is to be read and lies in the archive tier.
 */
export function createAzureStore(
  container: ContainerClient,
  { timeoutMs = TIMEOUT_MS } = {},
): Store {
  const inTime = () => ({ abortSignal: AbortSignal.timeout(timeoutMs) });
  return {
    async read(name) {
      return unlessCode([ABSENT], undefined, async () => {
        const blob = container.getBlobClient(name);
        const response = await blob.download(0, undefined, inTime()).catch(toOffline(name));
        const chunks = toBuffers(response.readableStreamBody ?? []);
        return {
          body: Buffer.concat(await Array.fromAsync(chunks)),
          etag: response.etag ?? "",
          metadata: response.metadata ?? {},
        };
      });
    },
    async create(name, body, about = {}) {
      return unlessCode([...EXISTS, CHANGED], false, async () => {
        await container.getBlockBlobClient(name).upload(body, body.byteLength, {
          ...inTime(),
          ...headersOf(about),
          conditions: { ifNoneMatch: "*" },
        });
        return true;
      });
    },
    async replace(name, body, etag) {
      return unlessCode([ABSENT, CHANGED], undefined, async () => {
        const response = await container.getBlockBlobClient(name).upload(body, body.byteLength, {
          ...inTime(),
          ...headersOf({ contentType: "application/json" }),
          conditions: { ifMatch: etag },
        });
        return response.etag;
      });
    },
    async put(name, body, about = {}) {
      const blob = container.getBlockBlobClient(name);
      await blob.upload(body, body.byteLength, { ...inTime(), ...headersOf(about) });
    },
    async putStream(name, body, about = {}) {
      const blob = container.getBlockBlobClient(name);
      const blocks = await stageBlocks(blob, body, inTime);
      await blob.commitBlockList(blocks, { ...inTime(), ...headersOf(about) });
    },
    async createStream(name, body, about = {}) {
      const blob = container.getBlockBlobClient(name);
      const blocks = await stageBlocks(blob, body, inTime);
      // Who commits first takes the name, and the blocks that others have staged for it are gone.
      return unlessCode([...EXISTS, CHANGED, "InvalidBlockList"], false, async () => {
        const conditions = { ifNoneMatch: "*" };
        await blob.commitBlockList(blocks, { ...inTime(), ...headersOf(about), conditions });
        return true;
      });
    },
    async readStream(name) {
      const blob = container.getBlobClient(name);
      const readBlock = async (start: number, ifMatch?: string) => {
        const conditions = ifMatch !== undefined && { conditions: { ifMatch } };
        const response = await blob
          .download(start, BLOCK_BYTES, { ...inTime(), ...conditions })
          .catch(toOffline(name));
        const chunks = await Array.fromAsync(toBuffers(response.readableStreamBody ?? []));
        return { etag: response.etag ?? "", body: Buffer.concat(chunks) };
      };
      // Beyond its end, and so at the start of one that is empty, a blob has no range to give.
      const end = { etag: "", body: Buffer.alloc(0) };
      const first = await unlessCode([ABSENT], undefined, () =>
        unlessCode(["InvalidRange"], end, () => readBlock(0)),
      );
      return (
        first &&
        (async function* blocks() {
          let { body } = first;
          for (let start = 0; body.byteLength > 0;) {
            yield body;
            start += body.byteLength;
            const next = () => readBlock(start, first.etag);
            ({ body } = await unlessCode(["InvalidRange"], end, next));
          }
        })()
      );
    },
    async remove(name, etag) {
      return unlessCode([ABSENT, CHANGED], false, async () => {
        await container
          .getBlobClient(name)
          .delete({ ...inTime(), ...(etag && { conditions: { ifMatch: etag } }) });
        return true;
      });
    },
    async *list(prefix) {
      // Page by page: between two of them, whoever reads the names may take any time.
      let continuationToken: string | undefined;
      do {
        const answer = await container
          .listBlobsFlat({ prefix, ...inTime() })
          .byPage(continuationToken ? { continuationToken } : {})
          .next();
        if (answer.done) {
          return;
        }
        yield* answer.value.segment.blobItems.map(({ name: found }) => found);
        ({ continuationToken } = answer.value);
      } while (continuationToken);
    },
  };
}

async function unlessCode<T>(codes: string[], otherwise: T, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RestError && codes.includes(error.code ?? "")) {
      return otherwise;
    }
    throw error;
  }
}

/** Azure takes hours to bring a blob back from the archive tier, and only a person may order that. */
function toOffline(name: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof RestError && NOT_ONLINE.has(error.code ?? "")) {
      throw new ConnectorError("evidence-offline", `${name} lies in the archive tier`);
    }
    throw error;
  };
}

function headersOf({ contentType = "application/octet-stream", metadata }: BlobAbout) {
  return { blobHTTPHeaders: { blobContentType: contentType }, ...(metadata && { metadata }) };
}

/** Uploads a stream block by block, one in memory at a time. @returns the blocks' ids, in order. */
async function stageBlocks(
  blob: BlockBlobClient,
  body: AsyncIterable<Uint8Array>,
  inTime: () => { abortSignal: AbortSignal },
): Promise<string[]> {
  // Ids of one length, and of this writer only: others may be writing the same blob.
  const writer = randomUUID();
  const ids: string[] = [];
  for await (const block of inBlocks(body)) {
    const id = Buffer.from(`${writer}-${String(ids.length).padStart(6, "0")}`).toString("base64");
    await blob.stageBlock(id, block, block.byteLength, inTime());
    ids.push(id);
  }
  return ids;
}

async function* inBlocks(body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= BLOCK_BYTES) {
      yield Buffer.concat(chunks);
      [chunks, bytes] = [[], 0];
    }
  }
  if (bytes > 0) {
    yield Buffer.concat(chunks);
  }
}

async function* toBuffers(
  chunks: AsyncIterable<Buffer | string> | never[],
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    yield Buffer.from(chunk);
  }
}
