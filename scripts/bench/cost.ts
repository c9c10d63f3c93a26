import * as z from "zod";
import { PROCESS_ENVIRONMENT } from "../../app/settings.ts";
import { startChild } from "./child.ts";
import type { Measurement } from "./measurement.ts";
import { exponent } from "./statistics.ts";

/** The small one several times: what takes a moment cannot be timed once. */
const SIZES = [
  { posts: 2_000, times: 5 },
  { posts: 20_000, times: 1 },
  { posts: 200_000, times: 1 },
];
const costSchema = z.object({ posts: z.number(), seconds: z.number(), growthBytes: z.number() });

export const cost: Measurement<
  "exponent" | "2,000 posts" | "20,000 posts" | "200,000 posts" | "RSS growth over 200,000 posts"
> = {
  name: "cost",
  about: "delivery of 2,000 to 200,000 posts into nothing",
  goal: {
    exponent: { unit: "", goal: { atLeast: 0.95, atMost: 1.05 } },
    "2,000 posts": { unit: "s" },
    "20,000 posts": { unit: "s" },
    "200,000 posts": { unit: "s" },
    "RSS growth over 200,000 posts": { unit: "MB", goal: { atMost: 50 } },
  },
  async run() {
    await using child = startChild("cost.ts", {
      parameters: [JSON.stringify(SIZES)],
      execArgv: ["--expose-gc"],
      env: PROCESS_ENVIRONMENT,
    });
    const [small, middle, large] = await child.next(z.tuple([costSchema, costSchema, costSchema]));
    const points = [small, middle, large].map(({ posts, seconds }) => ({
      size: posts,
      cost: seconds,
    }));
    return {
      exponent: exponent(points),
      "2,000 posts": small.seconds,
      "20,000 posts": middle.seconds,
      "200,000 posts": large.seconds,
      "RSS growth over 200,000 posts": large.growthBytes / 1e6,
    };
  },
};
