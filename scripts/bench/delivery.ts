import { ContainerClient } from "@azure/storage-blob";
import pMap from "p-map";
import { createUpload } from "../../app/delivery/upload.ts";
import { startContainers } from "./azurite-container.ts";
import { DEFAULT_CONCURRENCY, deliverPosts } from "./deliver-posts.ts";
import { type Measurement, timed } from "./measurement.ts";
import { createTimeline } from "./timeline.ts";

const WINDOWS = 4;
const POSTS_OF_A_WINDOW = 5_000;
const POSTS = WINDOWS * POSTS_OF_A_WINDOW;
const WARM_UP_POSTS = 500;

type Item = { fileName: string; body: Uint8Array };

export const delivery: Measurement<
  "delivery against raw upload" | "delivery" | "raw upload of the same bytes"
> = {
  name: "delivery",
  about: `${POSTS} text posts to Azurite, against @azure/storage-blob alone, ${POSTS_OF_A_WINDOW} by turns`,
  goal: {
    "delivery against raw upload": { unit: "x", goal: { atLeast: 0.9 } },
    delivery: { unit: "1/s" },
    "raw upload of the same bytes": { unit: "1/s" },
  },
  async run() {
    await using containers = await startContainers();
    const timeline = createTimeline(POSTS_OF_A_WINDOW);
    const items: Item[] = [];
    await deliverPosts(timeline, {
      upload: async (fileName, body) => void items.push({ fileName, body }),
    });
    const sasUri = await containers.createContainer();
    await uploadRaw(sasUri, "warm-up-raw", items.slice(0, WARM_UP_POSTS));
    await deliverPosts(createTimeline(WARM_UP_POSTS), {
      upload: createUpload(sasUri, "job-1/warm-up"),
    });
    let [delivered, raw] = [0, 0];
    for (let window = 0; window < WINDOWS; window += 1) {
      raw += await timed(() => uploadRaw(sasUri, `raw-${window}`, items));
      const upload = createUpload(sasUri, `job-1/task-${window}`);
      delivered += await timed(() => deliverPosts(timeline, { upload }));
    }
    return {
      "delivery against raw upload": raw / delivered,
      delivery: POSTS / delivered,
      "raw upload of the same bytes": POSTS / raw,
    };
  },
};

async function uploadRaw(sasUri: string, taskId: string, items: Item[]): Promise<void> {
  const container = new ContainerClient(sasUri);
  const upload = ({ fileName, body }: Item) =>
    container
      .getBlockBlobClient(`job-1/${taskId}/${fileName}`)
      .upload(body, body.byteLength, { blobHTTPHeaders: { blobContentType: "application/json" } });
  await pMap(items, upload, { concurrency: DEFAULT_CONCURRENCY });
}
