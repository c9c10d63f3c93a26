import { describe, expect, it } from "vitest";
import { bundleRewritten, type Rewrite } from "./rewritten-app.ts";

const LEASE: Rewrite = {
  file: "app/worker/lease.ts",
  pattern: /LEASE_MS = 120_000/,
  replacement: "LEASE_MS = 119_999",
};

describe("The rewritten app", () => {
  it("is the app with what was rewritten", async () => {
    expect(await says119999([])).toBe(false);
    expect(await says119999([LEASE])).toBe(true);
  });

  it.each([
    ["is gone", { ...LEASE, pattern: /LEASE_MS = 7/ }, "occurs 0 times in app/worker/lease.ts"],
    [
      "is there more than once",
      { ...LEASE, pattern: /_MS = / },
      "occurs 3 times in app/worker/lease.ts",
    ],
    [
      "is in a file that is not bundled",
      { ...LEASE, file: "app/testing/memory-store.ts", pattern: /function createMemoryStore/ },
      "Not part of the app",
    ],
  ])(
    "is an error where what is rewritten %s, and does not pass for one",
    async (_, rewrite, say) => {
      await expect(bundleRewritten([rewrite])).rejects.toThrow(say);
    },
  );
});

async function says119999(rewrites: Rewrite[]): Promise<boolean> {
  return Buffer.from(await bundleRewritten(rewrites)).includes("119999");
}
