import * as z from "zod";
import { deliverPosts } from "../deliver-posts.ts";
import { timed } from "../measurement.ts";
import { createTimeline } from "../timeline.ts";

/** Delivers windows of these sizes into nothing, so and so often each; says what it took. */
const sizes = z
  .array(z.object({ posts: z.number(), times: z.number() }))
  .parse(JSON.parse(process.argv[2] ?? ""));
const SAMPLE_MS = 10;
const WARM_UP_POSTS = 20_000;

let items = 0;
const upload = async () => void (items += 1);
await deliverPosts(createTimeline(WARM_UP_POSTS), { upload });

const costs: { posts: number; seconds: number; growthBytes: number }[] = [];
for (const { posts, times } of sizes) {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let most = before;
  const sampling = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, SAMPLE_MS);
  items = 0;
  const seconds = await timed(async () => {
    for (let time = 0; time < times; time += 1) {
      await deliverPosts(createTimeline(posts), { upload });
    }
  });
  clearInterval(sampling);
  if (items !== posts * times) {
    throw new Error(`${items} items were delivered instead of ${posts * times}`);
  }
  const growthBytes = Math.max(most, process.memoryUsage.rss()) - before;
  costs.push({ posts, seconds: seconds / times, growthBytes });
}
process.send?.(costs);
process.disconnect();
