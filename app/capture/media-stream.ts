import { createHash } from "node:crypto";
import { ConnectorError } from "../errors.ts";
import type { Download } from "../twitter/media.ts";
import { mediaTypeOf, TELLING_BYTES } from "../twitter/media-type.ts";

/** Looks at the first bytes, and gives them back with the rest. */
export async function readType({ contentType, body, cancel }: Download) {
  const rest = body[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let head = Buffer.alloc(0);
  while (head.byteLength < TELLING_BYTES) {
    const next: IteratorResult<Uint8Array, unknown> = await rest.next().catch(unavailable);
    if (next.done) {
      break;
    }
    first.push(next.value);
    head = Buffer.concat(first);
  }
  if (head.byteLength === 0 || /^(?:\xef\xbb\xbf)?\s*[<{]/.test(head.toString("latin1"))) {
    cancel();
    throw new ConnectorError("x-unavailable", "X sent nothing, or a page, instead of a medium");
  }
  const declared = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  const real = mediaTypeOf(head) ?? "application/octet-stream";
  const types = { contentType: real, ...(real !== declared && { declaredType: declared }) };
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield* first;
    yield* { [Symbol.asyncIterator]: () => rest };
  }
  return { types, body: whole() };
}

/**
 * Hashes and counts what passes, lets no more pass than the limit, and breaks off at the end where
 * fewer have passed than were announced.
 */
export function meter(
  body: AsyncIterable<Uint8Array>,
  { limitBytes, announced }: { limitBytes: number; announced: number | undefined },
) {
  const hash = createHash("sha256");
  let bytes = 0;
  async function* metered(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body) {
        hash.update(chunk);
        bytes += chunk.byteLength;
        if (bytes > limitBytes) {
          throw new Error("too large");
        }
        yield chunk;
      }
    } catch (error) {
      unavailable(error);
    }
    if (announced !== undefined && announced !== bytes) {
      throw new ConnectorError("x-unavailable", `A medium was cut off at ${bytes} bytes`);
    }
  }
  return {
    body: metered(),
    isTooLarge: () => bytes > limitBytes,
    bytes: () => bytes,
    /** Of all that has passed so far. */
    sha256: () => hash.copy().digest("hex"),
  };
}

export function unavailable(cause: unknown): never {
  throw new ConnectorError("x-unavailable", "A medium could not be downloaded", { cause });
}
