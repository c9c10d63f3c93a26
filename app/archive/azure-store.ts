import type { TokenCredential } from "@azure/identity";
import { ContainerClient, RestError } from "@azure/storage-blob";
import { ConnectorError } from "../errors.ts";
import { placeOf } from "./names.ts";
import { spool } from "./spool.ts";
import { type BlobAbout, refuseEvidence, type Store } from "./store.ts";

const BLOCK_BYTES = 4 * 1024 * 1024;
/** For one request with all its tries; a large body has a second more for each of these. */
const TIMEOUT_MS = 60_000;
const BYTES_PER_SECOND = 2 * 1024 * 1024;
/** The library's own would take minutes; the work is taken up again anyway. */
const RETRIES = { maxTries: 3, retryDelayInMs: 500, maxRetryDelayInMs: 4_000 };
// Codes, not statuses: a container that is gone is a 404 too, and says nothing of its blobs.
const ABSENT = "BlobNotFound";
const EXISTS = ["BlobAlreadyExists", "BlobImmutableDueToPolicy", "BlobArchived"];
const CHANGED = "ConditionNotMet";
/** What Azure may answer, instead of "exists", to who may create and not overwrite. */
const MAY_EXIST = new Set(["UnauthorizedBlobOverwrite", "AuthorizationPermissionMismatch"]);
const NOT_ONLINE = new Set(["BlobArchived", "BlobBeingRehydrated"]);

export function createArchiveContainer(url: string, credential: TokenCredential): ContainerClient {
  return new ContainerClient(url, credential, { retryOptions: RETRIES });
}

/** The two containers of the archive (`placeOf` of names.ts). */
export type Containers = { evidence: ContainerClient; state: ContainerClient };

/**
 * The archive. Errors other than "not there" and "changed meanwhile" are thrown as they are. Evidence is
 * written by Put Blob alone, whole, with If-None-Match: of all that writes it is what Azure lets who may
 * create and not overwrite (`blobs/add/action` without `blobs/write`); blocks are none of it.
 * @throws ConnectorError `evidence-offline` for what is to be read and lies in the archive tier.
 */
export function createAzureStore(containers: Containers, { timeoutMs = TIMEOUT_MS } = {}): Store {
  const inTime = (bytes = 0) => ({
    abortSignal: AbortSignal.timeout(timeoutMs + Math.ceil((bytes / BYTES_PER_SECOND) * 1000)),
  });
  const blobOf = (name: string) => {
    const { container, blob } = placeOf(name);
    return containers[container].getBlockBlobClient(blob);
  };
  /** False if the blob exists. `upload` is one Put Blob with these conditions. */
  const createOnce = async (
    name: string,
    upload: (conditions: { ifNoneMatch: string }) => Promise<unknown>,
  ): Promise<boolean> => {
    try {
      return await unlessCode([...EXISTS, CHANGED], false, async () => {
        await upload({ ifNoneMatch: "*" });
        return true;
      });
    } catch (error) {
      if (error instanceof RestError && MAY_EXIST.has(error.code ?? "")) {
        if (await blobOf(name).exists(inTime())) {
          return false;
        }
      }
      throw error;
    }
  };
  return {
    async read(name) {
      return unlessCode([ABSENT], undefined, async () => {
        const response = await blobOf(name).download(0, undefined, inTime()).catch(toOffline(name));
        const chunks = toBuffers(response.readableStreamBody ?? []);
        return {
          body: Buffer.concat(await Array.fromAsync(chunks)),
          etag: response.etag ?? "",
          metadata: response.metadata ?? {},
        };
      });
    },
    create: (name, body, about = {}) =>
      createOnce(name, (conditions) =>
        blobOf(name).upload(body, body.byteLength, {
          ...inTime(),
          ...headersOf(about),
          conditions,
        }),
      ),
    async replace(name, body, etag) {
      refuseEvidence(name);
      return unlessCode([ABSENT, CHANGED], undefined, async () => {
        const response = await blobOf(name).upload(body, body.byteLength, {
          ...inTime(),
          ...headersOf({ contentType: "application/json" }),
          conditions: { ifMatch: etag },
        });
        return response.etag;
      });
    },
    async put(name, body, about = {}) {
      refuseEvidence(name);
      await blobOf(name).upload(body, body.byteLength, { ...inTime(), ...headersOf(about) });
    },
    async createStream(name, body, about = {}) {
      await using spooled = await spool(body);
      const { bytes, read } = spooled;
      const called = typeof name === "string" ? name : name();
      const more = { ...inTime(bytes), ...headersOf(about) };
      return await createOnce(called, (conditions) =>
        blobOf(called).upload(read, bytes, { ...more, conditions }),
      );
    },
    async readStream(name) {
      const readBlock = async (start: number, ifMatch?: string) => {
        const conditions = ifMatch !== undefined && { conditions: { ifMatch } };
        const response = await blobOf(name)
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
      refuseEvidence(name);
      return unlessCode([ABSENT, CHANGED], false, async () => {
        await blobOf(name).delete({ ...inTime(), ...(etag && { conditions: { ifMatch: etag } }) });
        return true;
      });
    },
    async *list(prefix) {
      // Page by page: between two of them, whoever reads the names may take any time.
      const { container, blob } = placeOf(prefix);
      const before = prefix.slice(0, prefix.length - blob.length);
      let continuationToken: string | undefined;
      do {
        const answer = await containers[container]
          .listBlobsFlat({ prefix: blob, ...inTime() })
          .byPage(continuationToken ? { continuationToken } : {})
          .next();
        if (answer.done) {
          return;
        }
        yield* answer.value.segment.blobItems.map(({ name }) => `${before}${name}`);
        ({ continuationToken } = answer.value);
      } while (continuationToken);
    },
  };
}

/**
 * Tries what nobody should be able to do where the site may only create evidence.
 * @returns what was possible with a blob that is there.
 */
export async function tryToChange(evidence: ContainerClient, name: string): Promise<string[]> {
  const blob = evidence.getBlockBlobClient(placeOf(name).blob);
  const inTime = () => ({ abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
  const isPossible = (work: () => Promise<unknown>) =>
    unlessCode([...MAY_EXIST, ...EXISTS], false, async () => {
      await work();
      return true;
    });
  const isOverwritten = await isPossible(() => blob.upload("", 0, inTime()));
  const isDeleted = await isPossible(() => blob.delete(inTime()));
  return [...(isOverwritten ? ["overwrite"] : []), ...(isDeleted ? ["delete"] : [])];
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

async function* toBuffers(
  chunks: AsyncIterable<Buffer | string> | never[],
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    yield Buffer.from(chunk);
  }
}
