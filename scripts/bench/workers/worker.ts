import { createUpload } from "../../../app/delivery/upload.ts";
import { deliverPosts } from "../deliver-posts.ts";
import { createTimeline } from "../timeline.ts";

/** One worker process: delivers a task of so many posts whenever it is told a task's name. */
const [sasUri = "", posts = "", concurrency = ""] = process.argv.slice(2);

async function deliverTask(taskId: string, count = Number(posts)): Promise<void> {
  const upload = createUpload(sasUri, `job-1/${taskId}`);
  await deliverPosts(createTimeline(count), { upload, concurrency: Number(concurrency) });
  process.send?.(taskId);
}

process.on("message", (taskId) => void deliverTask(String(taskId)));
process.on("disconnect", () => process.exit());
await deliverTask(`warm-up-${process.pid}`, 100);
