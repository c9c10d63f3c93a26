import { createHash } from "node:crypto";
import { names } from "../../app/archive/names.ts";
import { readDocument, type Store } from "../../app/archive/store.ts";
import { mediaRecord } from "../../app/capture/media.ts";
import type { Comparison } from "./comparison.ts";

/** Compares the bytes of every archived medium with its record. */
export async function checkMedia(store: Store, jobId: string): Promise<Comparison> {
  const wrong: string[] = [];
  let files = 0;
  for await (const name of store.list(names.everyMedium(jobId))) {
    const document = name.endsWith("%2Erecord%2Ejson")
      ? await readDocument(store, name, mediaRecord)
      : undefined;
    if (document) {
      files += 1;
      const { blob, sha256 } = document.value;
      const found = await hashOf(store, blob);
      wrong.push(
        ...(found === sha256 ? [] : [`${blob}: its record has ${sha256}, it is ${found}`]),
      );
    }
  }
  return { looked: `${files} files`, wrong };
}

async function hashOf(store: Store, blob: string): Promise<string> {
  const stream = await store.readStream(blob);
  const hash = createHash("sha256");
  for await (const chunk of stream ?? []) {
    hash.update(chunk);
  }
  return stream ? hash.digest("hex") : "not there";
}
