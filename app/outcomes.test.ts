import { describe, expect, it } from "vitest";
import { ConnectorError, type ErrorCode } from "./errors.ts";
import { decideOutcome, MAX_ATTEMPTS, type Outcome } from "./outcomes.ts";

const NOW = new Date("2026-06-01T12:00:00Z");
const inSeconds = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

describe("decideOutcome", () => {
  it.each<[ErrorCode, Outcome]>([
    ["window-open", { kind: "park", at: inSeconds(60) }],
    ["x-rate-limited", { kind: "park", at: inSeconds(900), alert: "x.rate-limited" }],
    ["x-credits-spent", { kind: "park", at: inSeconds(3600), alert: "x.credits-spent" }],
    ["x-usage-capped", { kind: "park", at: inSeconds(3600), alert: "x.usage-capped" }],
    ["x-token-refused", { kind: "park", at: inSeconds(300), needsSignIn: true }],
    ["job-needs-sign-in", { kind: "park", at: inSeconds(300) }],
    ["x-keys-missing", { kind: "park", at: inSeconds(300) }],
    ["entra-refused", { kind: "park", at: inSeconds(300) }],
    ["platform-refused", { kind: "retry", at: inSeconds(5), alert: "platform.refused" }],
    ["platform-unavailable", { kind: "retry", at: inSeconds(5) }],
    ["x-bad-request", { kind: "retry", at: inSeconds(5) }],
    ["x-bad-response", { kind: "retry", at: inSeconds(5), alert: "capture.fields-missing" }],
    ["x-unavailable", { kind: "retry", at: inSeconds(5) }],
    ["unusable-record", { kind: "retry", at: inSeconds(5) }],
    ["conflict", { kind: "retry", at: inSeconds(5) }],
    ["sas-unusable", { kind: "fail-temporarily" }],
    ["job-gone", { kind: "fail-permanently" }],
    ["x-forbidden", { kind: "fail-permanently" }],
  ])("decides on %s at the first failure", (code, outcome) => {
    expect(decideOutcome(new ConnectorError(code, "test"), 0, NOW)).toEqual(outcome);
  });

  it.each([new Error("unknown"), "a word", undefined, null])(
    "tries again after what it does not know: %s",
    (error) => {
      expect(decideOutcome(error, 0, NOW)).toEqual({ kind: "retry", at: inSeconds(5) });
    },
  );

  it("parks until the other side has said", () => {
    const retryAt = inSeconds(17);
    const error = new ConnectorError("x-rate-limited", "test", { retryAt });
    expect(decideOutcome(error, 0, NOW).at).toEqual(retryAt);
  });

  it("waits longer each time, and never longer than ten minutes", () => {
    const error = new ConnectorError("x-unavailable", "test");
    const waits = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, attempt) => {
      const { at } = decideOutcome(error, attempt, NOW);
      return ((at?.getTime() ?? 0) - NOW.getTime()) / 1000;
    });
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600]);
  });

  it("gives up what fails without a reason to wait after the tenth try", () => {
    const error = new ConnectorError("platform-refused", "test");
    expect(decideOutcome(error, MAX_ATTEMPTS - 1, NOW)).toEqual({
      kind: "fail-temporarily",
      alert: "platform.refused",
    });
  });

  it("never gives up what waits for a person or a clock", () => {
    const error = new ConnectorError("x-credits-spent", "test");
    expect(decideOutcome(error, MAX_ATTEMPTS * 100, NOW).kind).toBe("park");
  });
});
