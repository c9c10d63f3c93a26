import { names } from "../../app/archive/names.ts";
import type { Store } from "../../app/archive/store.ts";
import { type Manifest, readManifest } from "../../app/delivery/manifest.ts";

/** Every manifest of a job, by its blob's name. */
export async function* manifestsOf(
  store: Store,
  jobId: string,
): AsyncGenerator<{ name: string; manifest: Manifest }> {
  for await (const name of store.list(names.evidenceOfTasks(jobId))) {
    const found = /\/tasks\/([^/]+)\/manifest(?:-(\d+))?\.ndjson$/.exec(name);
    const [, taskId = "", answer = "1"] = found ?? [];
    const manifest =
      found &&
      (await readManifest(store, {
        jobId,
        taskId: decodeURIComponent(taskId),
        answer: Number(answer),
      }));
    if (manifest) {
      yield { name, manifest };
    }
  }
}
