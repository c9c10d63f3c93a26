import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{app,infra,scripts}/**/*.test.ts"],
    globalSetup: ["infra/testing/tell-skipped.ts"],
    expect: { requireAssertions: true },
    // By default, vitest leaves one core of two alone.
    maxWorkers: "100%",
    // Storage, browser and whole-system tests start real processes; on two cores they want room.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
