import { describe, expect, it } from "vitest";
import { exponent, median, quantile, spread } from "./statistics.ts";

describe("The statistics of repeats", () => {
  it.each([
    [[5], 5],
    [[9, 1, 5], 5],
    [[9, 1, 5, 6], 5.5],
    [[10, 9, 100], 10],
  ])("have a median: of %j it is %d", (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it.each([
    [[5], 0],
    [[10, 8, 11], 0.3],
    [[0, 0, 0], 0],
    [[-10, -8, -11], 0.3],
  ])("have a spread: of %j it is %d of the median", (values, expected) => {
    expect(spread(values)).toBeCloseTo(expected, 12);
  });

  it.each([
    [[7], 0.99, 7],
    [[4, 1, 3, 2], 0.5, 2],
    [Array.from({ length: 200 }, (_, index) => index + 1), 0.99, 198],
  ])("have quantiles", (values, part, expected) => {
    expect(quantile(values, part)).toBe(expected);
  });

  it.each([
    ["in proportion", (size: number) => 3 * size, 1],
    ["with the square", (size: number) => size ** 2 / 7, 2],
    ["not at all", () => 42, 0],
  ])("have an exponent: a cost that grows %s", (_how, cost, expected) => {
    const points = [2_000, 20_000, 200_000].map((size) => ({ size, cost: cost(size) }));
    expect(exponent(points)).toBeCloseTo(expected, 12);
  });

  it("have the exponent that fits best where none fits all", () => {
    const points = [1, 10, 100].map((size, index) => ({ size, cost: [1, 30, 100][index] ?? 0 }));
    expect(exponent(points)).toBeCloseTo(1, 12);
  });
});
