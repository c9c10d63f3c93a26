import { deliver, type Upload } from "../../app/delivery/deliver.ts";
import { planDelivery } from "../../app/delivery/plan.ts";
import { FEEDS } from "../../app/feeds/index.ts";
import { postsOf } from "../../app/feeds/posts.ts";
import { settingsSchema } from "../../app/settings.ts";
import { ACCOUNT, type ArchivedTimeline, JOB_ID } from "./timeline.ts";

/** Items that the connector has in flight unless it is told otherwise. */
export const DEFAULT_CONCURRENCY = settingsSchema.shape.UPLOAD_CONCURRENCY.parse(undefined);

/** Hands a window over with the connector's own code. @returns how many items there were. */
export async function deliverPosts(
  { store, window, coverage }: ArchivedTimeline,
  { upload, concurrency = DEFAULT_CONCURRENCY }: { upload: Upload; concurrency?: number },
): Promise<number> {
  const plan = await planDelivery(store, {
    ...postsOf(JOB_ID),
    feeds: FEEDS,
    taskId: "task-1",
    accountId: ACCOUNT.id,
    window,
    answered: [],
    carries: true,
    coverage,
  });
  const delivery = deliver(
    {
      store,
      concurrency,
      fetchMedia: async () => ({ refusal: "no post here has media" }),
      log: () => {},
      now: () => new Date(),
    },
    { jobId: JOB_ID, account: ACCOUNT, window, records: plan.records(0), upload },
  );
  let items = 0;
  for await (const _ of delivery) {
    items += 1;
  }
  return items;
}
