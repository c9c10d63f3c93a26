import { ContainerClient } from "@azure/storage-blob";
import pMap from "p-map";
import { createUpload } from "../../app/delivery/sas.ts";
import { startContainers } from "./azurite-container.ts";
import { DEFAULT_CONCURRENCY, deliverPosts } from "./deliver-posts.ts";
import { type Measurement, timed } from "./measurement.ts";
import { createTimeline } from "./timeline.ts";

const POSTS = 20_000;
const WARM_UP_POSTS = 500;

type Item = { fileName: string; body: Uint8Array };

/** Half of the raw uploads go before the delivery and half after it: a drift of the machine evens out. */
export const delivery: Measurement<
  "delivery against raw upload" | "delivery" | "raw upload of the same bytes"
> = {
  name: "delivery",
  about: `${POSTS} text posts to Azurite, against @azure/storage-blob alone`,
  goal: {
    "delivery against raw upload": { unit: "x", goal: { atLeast: 0.9 } },
    delivery: { unit: "1/s" },
    "raw upload of the same bytes": { unit: "1/s" },
  },
  async run() {
    await using containers = await startContainers();
    const timeline = createTimeline(POSTS);
    const items: Item[] = [];
    await deliverPosts(timeline, {
      upload: async (fileName, body) => void items.push({ fileName, body }),
    });
    const sasUri = await containers.createContainer();
    await uploadRaw(await containers.createContainer(), items.slice(0, WARM_UP_POSTS));
    await deliverPosts(createTimeline(WARM_UP_POSTS), {
      upload: createUpload(await containers.createContainer(), "job-1/warm-up"),
    });
    const before = await timed(() => uploadRaw(sasUri, items.slice(0, POSTS / 2)));
    const delivered = await timed(() =>
      deliverPosts(timeline, { upload: createUpload(sasUri, "job-1/task-2") }),
    );
    const after = await timed(() => uploadRaw(sasUri, items.slice(POSTS / 2)));
    const raw = before + after;
    return {
      "delivery against raw upload": raw / delivered,
      delivery: POSTS / delivered,
      "raw upload of the same bytes": POSTS / raw,
    };
  },
};

async function uploadRaw(sasUri: string, items: Item[]): Promise<void> {
  const container = new ContainerClient(sasUri);
  const upload = ({ fileName, body }: Item) =>
    container
      .getBlockBlobClient(`job-1/task-1/${fileName}`)
      .upload(body, body.byteLength, { blobHTTPHeaders: { blobContentType: "application/json" } });
  await pMap(items, upload, { concurrency: DEFAULT_CONCURRENCY });
}
