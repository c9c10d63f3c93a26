import { Readable } from "node:stream";
import { type ContainerClient, RestError } from "@azure/storage-blob";
import type { Store } from "./store.ts";

const STREAM_BLOCK_BYTES = 4 * 1024 * 1024;
const STREAM_BLOCKS_IN_FLIGHT = 2;
// Codes, not statuses: a container that is gone is a 404 too, and says nothing of its blobs.
const ABSENT = "BlobNotFound";
const EXISTS = ["BlobAlreadyExists", "BlobImmutableDueToPolicy"];
const CHANGED = "ConditionNotMet";

/** The archive container. Errors other than "not there" and "changed meanwhile" are thrown as they are. */
export function createAzureStore(container: ContainerClient): Store {
  return {
    async read(name) {
      return unlessCode([ABSENT], undefined, async () => {
        const blob = container.getBlobClient(name);
        const response = await blob.download();
        const chunks: Buffer[] = [];
        for await (const chunk of response.readableStreamBody ?? []) {
          chunks.push(Buffer.from(chunk));
        }
        return {
          body: Buffer.concat(chunks),
          etag: response.etag ?? "",
          metadata: response.metadata ?? {},
        };
      });
    },
    async create(name, body, about = {}) {
      return unlessCode([...EXISTS, CHANGED], false, async () => {
        await container.getBlockBlobClient(name).upload(body, body.byteLength, {
          conditions: { ifNoneMatch: "*" },
          blobHTTPHeaders: { blobContentType: about.contentType ?? "application/octet-stream" },
          ...(about.metadata && { metadata: about.metadata }),
        });
        return true;
      });
    },
    async replace(name, body, etag) {
      return unlessCode([ABSENT, CHANGED], undefined, async () => {
        const response = await container.getBlockBlobClient(name).upload(body, body.byteLength, {
          conditions: { ifMatch: etag },
          blobHTTPHeaders: { blobContentType: "application/json" },
        });
        return response.etag;
      });
    },
    async put(name, body, about = {}) {
      await container.getBlockBlobClient(name).upload(body, body.byteLength, {
        blobHTTPHeaders: { blobContentType: about.contentType ?? "application/octet-stream" },
        ...(about.metadata && { metadata: about.metadata }),
      });
    },
    async putStream(name, body, about = {}) {
      await container
        .getBlockBlobClient(name)
        .uploadStream(Readable.from(body), STREAM_BLOCK_BYTES, STREAM_BLOCKS_IN_FLIGHT, {
          blobHTTPHeaders: { blobContentType: about.contentType ?? "application/octet-stream" },
          ...(about.metadata && { metadata: about.metadata }),
        });
    },
    async remove(name, etag) {
      return unlessCode([ABSENT, CHANGED], false, async () => {
        await container.getBlobClient(name).delete(etag ? { conditions: { ifMatch: etag } } : {});
        return true;
      });
    },
    async *list(prefix) {
      for await (const blob of container.listBlobsFlat({ prefix })) {
        yield blob.name;
      }
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
