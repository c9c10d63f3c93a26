import { describe, expect, it } from "vitest";
import { handOverFlat } from "../testing/hand-over-flat.ts";

const MEBIBYTE = 2 ** 20;
/** As for the largest day of 200,000 posts, which `npm run bench -- --only memory` measures whole. */
const MOST_A_POST = (50 * MEBIBYTE) / 200_000;
/** Whatever their number: so much of them may be in flight. */
const MOST_FOR_VIDEOS = 200 * MEBIBYTE;

describe("Memory stays flat", { timeout: 300_000 }, () => {
  it("over a window of 20,000 posts", async () => {
    const { items, grownBytes } = await handOverFlat("posts", 20_000);
    expect(items).toBe(20_000);
    expect(grownBytes).toBeLessThan(20_000 * MOST_A_POST);
  });

  it("over a window of videos of ten megabytes", async () => {
    const { items, grownBytes } = await handOverFlat("videos", 50);
    expect(items).toBe(50);
    expect(grownBytes).toBeLessThan(MOST_FOR_VIDEOS);
  });
});
