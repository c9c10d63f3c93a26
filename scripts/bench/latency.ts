import { createUpload } from "../../app/delivery/upload.ts";
import { DEFAULT_CONCURRENCY, deliverPosts } from "./deliver-posts.ts";
import { DELAY_MS, startFarContainers } from "./far-container.ts";
import { type Measurement, timed } from "./measurement.ts";
import { createTimeline } from "./timeline.ts";

const POSTS = 2_000;
const POSTS_ONE_BY_ONE = 100;
const WARM_UP_POSTS = 200;

export const latency: Measurement<
  "delivery against one post at a time" | "twice as many in flight" | "one post at a time"
> = {
  name: "latency",
  about: `delivery with ${DEFAULT_CONCURRENCY} items in flight, against one at a time, where the store answers after ${DELAY_MS} ms`,
  goal: {
    "delivery against one post at a time": { unit: "x", goal: { atLeast: 20 } },
    "twice as many in flight": { unit: "x" },
    "one post at a time": { unit: "1/s" },
  },
  async run() {
    await using containers = await startFarContainers();
    const sasUri = await containers.createContainer();
    const rate = async (posts: number, concurrency: number) => {
      const upload = createUpload(sasUri, `job-1/task-${posts}-${concurrency}`);
      const seconds = await timed(() =>
        deliverPosts(createTimeline(posts), { upload, concurrency }),
      );
      return posts / seconds;
    };
    await rate(WARM_UP_POSTS, 2 * DEFAULT_CONCURRENCY);
    const alone = await rate(POSTS_ONE_BY_ONE, 1);
    return {
      "delivery against one post at a time": (await rate(POSTS, DEFAULT_CONCURRENCY)) / alone,
      "twice as many in flight": (await rate(POSTS, 2 * DEFAULT_CONCURRENCY)) / alone,
      "one post at a time": alone,
    };
  },
};
