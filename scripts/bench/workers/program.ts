import { evaluate } from "../../../infra/testing/mocks.ts";

/** Evaluates the whole Pulumi program, once: modules are loaded once in a process. */
const { resources } = await evaluate(() => import("../../../infra/index.ts"), {
  config: {
    twitterApiKey: "1",
    twitterApiSecretKey: "2",
    twitterAccessToken: "3",
    twitterAccessTokenSecret: "4",
  },
});
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.send?.({ resources: resources.length, peakBytes });
process.disconnect();
