import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { passwordTurns } from "./rotation.ts";

const DAY_MS = 24 * 3600 * 1000;
/** Source: learn.microsoft.com/azure/key-vault/general/event-grid-overview */
const NEAR_EXPIRY_DAYS = 30;
const daysAfterEpoch = (days: number) => new Date(days * DAY_MS);

describe("passwordTurns", () => {
  it.each([
    [0, "even", { even: 0, odd: -1 }],
    [89.9, "even", { even: 0, odd: -1 }],
    [90, "odd", { even: 0, odd: 1 }],
    [180, "even", { even: 2, odd: 1 }],
    [270, "odd", { even: 2, odd: 3 }],
  ])("on day %d it is the turn of the %s one", (day, current, periods) => {
    const turns = passwordTurns(daysAfterEpoch(day), 90);
    expect(turns.current).toBe(current);
    expect({ even: turns.even.period, odd: turns.odd.period }).toEqual(periods);
  });

  it("replaces one password at a change and leaves the one that was in use", () => {
    fc.assert(
      fc.property(fc.integer({ min: 7, max: 360 }), fc.integer({ min: 1, max: 400 }), (days, n) => {
        const change = daysAfterEpoch(days * n);
        const before = passwordTurns(new Date(change.getTime() - 1), days);
        const after = passwordTurns(change, days);
        expect(after.current).not.toBe(before.current);
        expect(after[before.current]).toEqual(before[before.current]);
        expect(after[after.current]).not.toEqual(before[after.current]);
      }),
    );
  });

  it("has a fresh password to give whenever Key Vault tells of the old one's end", () => {
    const period = fc.integer({ min: 30, max: 360 });
    fc.assert(
      fc.property(period, fc.integer({ min: 1, max: 400 }), (days, n) => {
        const made = passwordTurns(daysAfterEpoch(days * n), days);
        const told = new Date(Date.parse(made[made.current].endDate) - NEAR_EXPIRY_DAYS * DAY_MS);
        const renewed = passwordTurns(told, days);
        expect(renewed[renewed.current].endDate > made[made.current].endDate).toBe(true);
      }),
    );
  });

  it("gives a password that stays valid for a whole period after its own", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 7, max: 360 }),
        fc.date({ noInvalidDate: true }),
        (days, now) => {
          fc.pre(Math.abs(now.getFullYear() - 2000) < 400);
          const turns = passwordTurns(now, days);
          const left = Date.parse(turns[turns.current].endDate) - now.getTime();
          expect(left).toBeGreaterThan(days * DAY_MS);
          expect(left).toBeLessThanOrEqual(2 * days * DAY_MS);
        },
      ),
    );
  });
});
