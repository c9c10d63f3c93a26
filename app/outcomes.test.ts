import { describe, expect, it } from "vitest";
import { ConnectorError, type ErrorCode } from "./errors.ts";
import { decideOutcome, MAX_ATTEMPTS, type Outcome } from "./outcomes.ts";

const NOW = new Date("2026-06-01T12:00:00Z");
const inSeconds = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

describe("decideOutcome", () => {
  it.each<[ErrorCode, Outcome]>([
    ["window-open", { kind: "park", at: inSeconds(60) }],
    ["x-rate-limited", { kind: "park", at: inSeconds(60), alert: "x.rate-limited" }],
    ["x-credits-spent", { kind: "park", at: inSeconds(3600), alert: "x.credits-spent" }],
    ["x-usage-capped", { kind: "park", at: inSeconds(3600), alert: "x.usage-capped" }],
    ["x-budget-spent", { kind: "park", at: inSeconds(3600), alert: "x.budget-spent" }],
    ["x-token-refused", { kind: "park", at: inSeconds(300) }],
    ["job-needs-sign-in", { kind: "park", at: inSeconds(300), alert: "job.needs-sign-in" }],
    ["x-keys-missing", { kind: "park", at: inSeconds(300) }],
    ["entra-refused", { kind: "park", at: inSeconds(300), alert: "entra.refused" }],
    ["consent-missing", { kind: "park", at: inSeconds(300), alert: "entra.refused" }],
    ["sas-unusable", { kind: "park", at: inSeconds(300), alert: "sas.unusable" }],
    ["upload-refused", { kind: "retry", at: inSeconds(5), alert: "platform.refused" }],
    ["upload-unavailable", { kind: "retry", at: inSeconds(5) }],
    ["daily-limit", { kind: "park", at: inSeconds(60) }],
    ["platform-refused", { kind: "retry", at: inSeconds(60), alert: "platform.refused" }],
    ["platform-unavailable", { kind: "retry", at: inSeconds(60) }],
    ["platform-too-large", { kind: "fail-permanently", alert: "platform.refused", poison: true }],
    ["x-bad-request", { kind: "retry", at: inSeconds(5), alert: "x.request-rejected" }],
    ["x-bad-response", { kind: "retry", at: inSeconds(5), alert: "capture.fields-missing" }],
    ["x-unavailable", { kind: "retry", at: inSeconds(5) }],
    ["storage-unavailable", { kind: "park", at: inSeconds(60), alert: "archive.unreachable" }],
    ["evidence-offline", { kind: "park", at: inSeconds(3600), alert: "archive.offline" }],
    ["newer-record", { kind: "park", at: inSeconds(3600), alert: "archive.newer-record" }],
    ["unusable-record", { kind: "retry", at: inSeconds(5) }],
    ["process-ends", { kind: "park", at: inSeconds(3600), alert: "work.stuck" }],
    ["conflict", { kind: "retry", at: inSeconds(5) }],
    ["job-gone", { kind: "fail-permanently" }],
    ["x-forbidden", { kind: "park", at: inSeconds(3600), alert: "x.forbidden" }],
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

  it("gives up only what no clock and no setting brings back: a record that cannot be read", () => {
    const error = new ConnectorError("unusable-record", "test");
    expect(decideOutcome(error, MAX_ATTEMPTS - 2, NOW).kind).toBe("retry");
    expect(decideOutcome(error, MAX_ATTEMPTS - 1, NOW)).toEqual({
      kind: "fail-temporarily",
      poison: true,
    });
  });

  it("never gives up what waits for a person or a clock", () => {
    const error = new ConnectorError("x-credits-spent", "test");
    expect(decideOutcome(error, MAX_ATTEMPTS * 100, NOW).kind).toBe("park");
  });

  it.each<[ErrorCode, Partial<Outcome>]>([
    ["x-unavailable", { at: inSeconds(600), alert: "x.unavailable" }],
    ["upload-unavailable", { at: inSeconds(600) }],
    ["upload-refused", { at: inSeconds(600), alert: "platform.refused" }],
    ["x-bad-request", { at: inSeconds(3600), alert: "x.request-rejected" }],
    ["x-bad-response", { at: inSeconds(3600), alert: "capture.fields-missing" }],
    ["conflict", { at: inSeconds(3600), alert: "work.stuck" }],
    ["process-ends", { at: inSeconds(3600), alert: "work.stuck" }],
  ])("never gives up what time alone can mend, and says so: %s", (code, outcome) => {
    const error = new ConnectorError(code, "test");
    for (const attempt of [MAX_ATTEMPTS - 1, MAX_ATTEMPTS * 100]) {
      expect(decideOutcome(error, attempt, NOW)).toEqual({ kind: "park", ...outcome });
    }
  });

  it.each([new TypeError("unknown"), "a word", undefined])(
    "never gives up what it does not know, and says so: %s",
    (error) => {
      for (const attempt of [MAX_ATTEMPTS - 1, MAX_ATTEMPTS * 100]) {
        const outcome = { kind: "park", at: inSeconds(3600), alert: "work.stuck" };
        expect(decideOutcome(error, attempt, NOW)).toEqual(outcome);
      }
    },
  );

  it("waits for an account that is forbidden as long as it takes", () => {
    const error = new ConnectorError("x-forbidden", "test");
    const outcome = { kind: "park", at: inSeconds(3600), alert: "x.forbidden" };
    expect(decideOutcome(error, 0, NOW, inSeconds(-90 * 86_400))).toEqual(outcome);
  });

  it("calls for a sign-in only when X has refused a token for minutes", () => {
    const error = new ConnectorError("x-token-refused", "test");
    const decide = (waited: number) => decideOutcome(error, 0, NOW, inSeconds(-waited));
    expect(decide(0)).toEqual({ kind: "park", at: inSeconds(300) });
    expect(decide(300)).toEqual({ kind: "park", at: inSeconds(300), needsSignIn: true });
  });

  it.each([
    ["nothing", undefined, [60, 60, 120, 240, 480, 900, 900]],
    ["a moment ahead, again and again", 2, [2, 2, 4, 8, 16, 32, 64]],
    ["a time far ahead", 600, [600, 600, 900, 900, 900, 900, 900]],
  ])("waits longer each time for a rate limit where X says %s", (_what, resetAfter, waits) => {
    let waited = 0;
    for (const wait of waits) {
      const now = inSeconds(waited);
      const retryAt = resetAfter === undefined ? {} : { retryAt: inSeconds(waited + resetAfter) };
      const error = new ConnectorError("x-rate-limited", "test", retryAt);
      expect(decideOutcome(error, 0, now, NOW).at).toEqual(inSeconds(waited + wait));
      waited += wait;
    }
  });

  it.each<ErrorCode>(["platform-unavailable", "platform-refused"])(
    "tries a completion 15 times, a minute apart, and then each hour, for ever: %s",
    (code) => {
      const error = new ConnectorError(code, "test");
      for (let attempt = 0; attempt < 14; attempt += 1) {
        expect(decideOutcome(error, attempt, NOW)).toMatchObject({
          kind: "retry",
          at: inSeconds(60),
        });
      }
      for (const attempt of [14, 1000]) {
        expect(decideOutcome(error, attempt, NOW)).toEqual({
          kind: "park",
          at: inSeconds(3600),
          alert: "platform.completion-pending",
        });
      }
    },
  );

  it.each<[ErrorCode, number, Outcome]>([
    ["sas-unusable", 3600, { kind: "fail-temporarily", alert: "sas.unusable" }],
  ])(
    "waits only so long for what the platform mends once it is told: %s",
    (code, seconds, outcome) => {
      const error = new ConnectorError(code, "test");
      const decide = (waited: number) => decideOutcome(error, 0, NOW, inSeconds(-waited));
      expect(decide(seconds - 1).kind).toBe("park");
      expect(decide(seconds)).toEqual(outcome);
    },
  );

  it.each([
    ["RestError", undefined, "park"],
    ["RestError", 500, "park"],
    ["RestError", 503, "park"],
    ["RestError", 403, "park"],
    ["AbortError", undefined, "park"],
    ["CredentialUnavailableError", undefined, "park"],
    ["NoTokenError", undefined, "park"],
    ["RestError", 400, "retry"],
    ["RestError", 409, "retry"],
    ["TypeError", undefined, "retry"],
  ])("takes a storage that is down for what it is: %s %s", (name, statusCode, kind) => {
    const error = Object.assign(new Error("test"), { name, statusCode });
    expect(decideOutcome(error, 0, NOW).kind).toBe(kind);
  });
});
