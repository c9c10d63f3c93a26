import { describe, expect, it } from "vitest";
import { drawFaults } from "./draw-faults.ts";
import type { Call, Vocabulary } from "./fault.ts";
import { drawHeld, NAMED_FAULTS, strike } from "./named-faults.ts";

const CALLS: Call[] = ["GET", "PUT"].flatMap((method) =>
  Array.from({ length: 2000 }, (_, index) => ({
    service: index % 2 === 0 ? "x" : "archive",
    method,
    path: `/${index}`,
  })),
);

describe("drawFaults", () => {
  it("draws the same for the same seed, and something else for another", () => {
    const draw = (seed: number) => CALLS.map(drawFaults({ seed, rate: 0.1 }));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it("gives the nth call of a kind its fate, whatever came in between", () => {
    const only = CALLS.filter(({ service }) => service === "x");
    const mixed = CALLS.map(drawFaults({ seed: 3, rate: 0.1 }));
    expect(only.map(drawFaults({ seed: 3, rate: 0.1 }))).toEqual(
      mixed.filter((_, index) => CALLS[index]?.service === "x"),
    );
  });

  it("strikes about as often as asked, and storage a fifth as often", () => {
    const decide = drawFaults({ seed: 4, rate: 0.1 });
    const struck = CALLS.filter((call) => decide(call) !== undefined);
    const share = (service: string) =>
      struck.filter((call) => call.service === service).length / (CALLS.length / 2);
    expect(share("x")).toBeGreaterThan(0.07);
    expect(share("x")).toBeLessThan(0.13);
    expect(share("archive")).toBeGreaterThan(0.006);
    expect(share("archive")).toBeLessThan(0.04);
  });

  it.each([
    ["archive", 10],
    ["x", 0],
  ] as const)("has %s down for %i calls in a row", (service, least) => {
    const decide = drawFaults({ seed: 4, rate: 0.1 });
    const fates = Array.from({ length: 5000 }, () => decide({ service, method: "PUT", path: "/" }));
    const down = fates.map((fault) => (fault === "unavailable" ? "x" : " ")).join("");
    const longest = Math.max(...down.split(" ").map(({ length }) => length));
    expect(longest).toBeGreaterThanOrEqual(least);
    expect(longest).toBeLessThan(least + 4);
  });
});

it("Messages of the work queue are lost, and no other call is", () => {
  const fatesOf = (method: string, path: string) => {
    const decide = drawFaults({ seed: 5, rate: 1 });
    const call: Call = { service: "queue", method, path };
    return new Set(Array.from({ length: 500 }, () => decide(call)));
  };
  expect(fatesOf("POST", "/account/work/messages").has("forgotten")).toBe(true);
  expect(fatesOf("POST", "/account/work-poison/messages").has("forgotten")).toBe(false);
  expect(fatesOf("GET", "/account/work/messages").has("forgotten")).toBe(false);
});

it("Timelines come without posts, behind a token and, once a question, before; no other answer of X does", () => {
  const emptiedOf = (about: Partial<Call>) => {
    const decide = drawFaults({ seed: 5, rate: 1 });
    const call: Call = { service: "x", method: "GET", path: "/2/users/42/tweets", ...about };
    const fates = Array.from({ length: 500 }, () => decide(call));
    return fates.filter((fault) => fault === "emptied").length;
  };
  expect(emptiedOf({ isFurtherPage: true })).toBeGreaterThan(1);
  expect(emptiedOf({ isFurtherPage: false, question: "?start_time=a" })).toBe(1);
  expect(emptiedOf({ isFurtherPage: false })).toBe(0);
});

describe("strike", () => {
  it("strikes the first calls that match, and no more", () => {
    const decide = strike({ service: "x", fault: "cut", method: "PUT", path: /1$/ }, 2);
    const fates = CALLS.filter(({ path }) => /^\/\d?1$/.test(path)).map((call) => ({
      ...call,
      fault: decide(call),
    }));
    expect(fates.filter(({ fault }) => fault !== undefined)).toEqual([]);
    const own = ["/1", "/11", "/21"].map((path) => decide({ service: "x", method: "PUT", path }));
    expect(own).toEqual(["cut", "cut", undefined]);
  });

  it("strikes pages behind a token, and not the first one, where a fault is about those", () => {
    const decide = strike({ service: "x", fault: "emptied", isFurtherPage: true }, 5);
    const call: Call = { service: "x", method: "GET", path: "/2/users/42/tweets" };
    expect(decide({ ...call, isFurtherPage: false })).toBeUndefined();
    expect(decide({ ...call, isFurtherPage: true })).toBe("emptied");
  });

  it.each(Object.entries(NAMED_FAULTS))("%s can strike", (_name, fault) => {
    const call = {
      service: fault.service,
      method: fault.method ?? "PUT",
      path: PATHS[fault.service],
      ...(fault.holds && { vocabulary: "tweet" as const }),
    };
    const paths = [
      call.path,
      "/a/evidence/j/posts/captures/c/pages/1.json",
      "/a/coverage.json",
      "/m/manifest",
    ];
    const { isFurtherPage = false } = fault;
    const decide = strike(fault, 1);
    const fates = paths.map((path) => decide({ ...call, path, isFurtherPage }));
    expect(fates).toContain(fault.fault);
  });
});

describe("What X holds against one vocabulary", () => {
  const ask = (vocabulary?: Vocabulary): Call => ({
    service: "x",
    method: "GET",
    path: "/2/users/42/tweets",
    ...(vocabulary && { vocabulary }),
  });

  it.each(["tweet", "post"] as const)("strikes all calls in %s, and no others", (first) => {
    const decide = strike({ service: "x", fault: "note-ignored", holds: true }, Infinity);
    const other = first === "tweet" ? "post" : "tweet";
    const calls = [ask(), ask(first), ask(other), ask(), ask(first), ask(other), ask(first)];
    expect(calls.map((call) => decide(call) !== undefined)).toEqual(
      calls.map(({ vocabulary }) => vocabulary === first),
    );
  });

  it("is drawn: each fault of the kind for some seeds, nothing for others, the same for one", () => {
    const draw = (seed: number) => drawHeld(seed)(ask("tweet"));
    const seeds = Array.from({ length: 60 }, (_, seed) => seed);
    const held = Object.values(NAMED_FAULTS).filter(({ holds }) => holds);
    expect(new Set(seeds.map(draw))).toEqual(
      new Set([undefined, ...held.map(({ fault }) => fault)]),
    );
    expect(seeds.map(draw)).toEqual(seeds.map(draw));
  });
});

const PATHS = {
  x: "/2/users/42/tweets",
  media: "/media/a.jpg",
  entra: "/tenant/oauth2/v2.0/token",
  identity: "/msi/token",
  archive: "/account/archive/jobs/1/job.json",
  queue: "/account/work/messages",
  upload: "/account/container/1.json",
  completion: "/api/data/ondownloadcomplete/",
};
