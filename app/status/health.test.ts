import { describe, expect, it } from "vitest";
import { TWITTER_SETTINGS } from "../settings.ts";
import { TEST_SECRETS, testSettings } from "../testing/environment.ts";
import { readHealth } from "./health.ts";

const HEALTHY = {
  settings: testSettings(),
  troubles: [],
  version: "1.2.3",
  packageHash: "abc",
};
const TWITTER = expect.stringMatching(/^The four Twitter values: .*npm run up/) as unknown;
const WORKER = "The worker cannot reach its queue.";

describe("readHealth", () => {
  it("misses nothing where all is there", () => {
    expect(readHealth(HEALTHY)).toEqual({
      version: "1.2.3",
      packageHash: "abc",
      missing: [],
      isAble: true,
    });
  });

  it.each(TWITTER_SETTINGS)("misses the four Twitter values without %s", (name) => {
    const settings = { ...HEALTHY.settings, [name]: undefined };
    expect(readHealth({ ...HEALTHY, settings })).toMatchObject({
      missing: [TWITTER],
      isAble: true,
    });
  });

  it("misses the worker, and all that is missing at once", () => {
    const troubled = readHealth({ ...HEALTHY, troubles: [WORKER] });
    expect(troubled).toMatchObject({ missing: [WORKER], isAble: false });
    const settings = { ...HEALTHY.settings, TWITTER_API_KEY: undefined };
    expect(readHealth({ ...HEALTHY, settings, troubles: [WORKER] }).missing).toEqual([
      TWITTER,
      WORKER,
    ]);
  });

  it("says nothing of the settings' values", () => {
    const settings = { ...HEALTHY.settings, TWITTER_API_KEY: undefined };
    const said = JSON.stringify(readHealth({ ...HEALTHY, settings, troubles: [WORKER] }));
    for (const value of [...Object.values(TEST_SECRETS), settings.TENANT_ID]) {
      expect(said).not.toContain(value);
    }
  });
});
