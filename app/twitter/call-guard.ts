import type { ITwitterApiClientPlugin } from "twitter-api-v2";
import { ConnectorError } from "../errors.ts";

/**
 * What twitter-api-v2 1.29 leaves open in a call: its time-outs are for a silent connection, and its
 * sign-in calls have none; it takes a body that was cut off for whole; of a compressed one it waits
 * for the end for ever, and one that is not what its header says ends the process.
 */
export type CallGuard = {
  plugin: ITwitterApiClientPlugin;
  /** Never comes true; fails with `x-unavailable` when the call takes too long or is cut off. */
  broken: Promise<never>;
};

/** Guards one call, its whole answer included. */
export function createCallGuard(timeoutMs: number): CallGuard {
  const { promise: broken, reject } = Promise.withResolvers<never>();
  const fail = (message: string) => reject(new ConnectorError("x-unavailable", message));
  const signal = AbortSignal.timeout(timeoutMs);
  signal.addEventListener("abort", () => fail(`X did not finish within ${timeoutMs / 1000} s`));
  return {
    broken,
    plugin: {
      onBeforeRequestConfig({ params }) {
        params.headers = { ...params.headers, "accept-encoding": "identity" };
        params.compression = "identity";
        params.requestEventDebugHandler = (event) => {
          if (event === "response-aborted") {
            fail("X's answer was cut off");
          }
        };
      },
      onBeforeRequest({ requestOptions }) {
        requestOptions.signal = signal;
      },
    },
  };
}
