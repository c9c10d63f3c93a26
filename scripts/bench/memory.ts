import { handOverFlat } from "../../app/testing/hand-over-flat.ts";
import type { Measurement } from "./measurement.ts";

const POSTS = 200_000;
const VIDEOS = 500;

export const memory: Measurement<"growth over 200,000 posts" | "growth over 500 videos"> = {
  name: "memory",
  about: "a window handed over whole, from the archive to the completion, in a process of its own",
  goal: {
    "growth over 200,000 posts": { unit: "MB", goal: { atMost: 50 } },
    "growth over 500 videos": { unit: "MB", goal: { atMost: 200 } },
  },
  async run() {
    return {
      "growth over 200,000 posts": await growthOver("posts", POSTS),
      "growth over 500 videos": await growthOver("videos", VIDEOS),
    };
  },
};

async function growthOver(kind: "posts" | "videos", posts: number): Promise<number> {
  const { items, grownBytes } = await handOverFlat(kind, posts);
  if (items !== posts) {
    throw new Error(`${items} of ${posts} items were listed`);
  }
  return grownBytes / 1e6;
}
