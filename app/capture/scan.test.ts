import { describe, expect, it } from "vitest";
import { postAt } from "../../scripts/local/x/testing/small-timeline.ts";
import { parsePage, type Page } from "../twitter/page.ts";
import type { Interval } from "../time/intervals.ts";
import {
  extendScan,
  contradictionIn,
  suspectIntervalsOf,
  nextQuestion,
  type PageQuery,
  provenBy,
  type ReachAnswers,
  readBy,
  SURELY_WITHIN,
  type Scan,
} from "./scan.ts";

/** X has said nothing of it, and gives as many posts as of the own timeline. */
const UNSAID = { surelyWithin: SURELY_WITHIN };
const FEW = { ...UNSAID, accountPosts: 3000 };
const MANY = { ...UNSAID, accountPosts: 3001 };
const ASKED_AT = "2026-02-01T00:00:00.000Z";
const DAY = { startTime: at("00:00"), endTime: at("24:00") };

describe("A walk", () => {
  it("has read what was asked for once its last page is in", () => {
    const half = scanOf(DAY, [page(["23:00", "22:00"], { next: "a" })]);
    expect(readBy(half, FEW)).toEqual([]);
    const whole = scanOf(DAY, [page(["23:00", "22:00"], { next: "a" }), page(["01:00"])]);
    expect(readBy(whole, FEW)).toEqual([{ start: at("00:00"), end: at("24:00") }]);
    expect(whole).toMatchObject({
      posts: 3,
      newest: { createdAt: at("23:00") },
      oldest: { createdAt: at("01:00") },
    });
  });

  it("begins again with a page that was asked for without a token", () => {
    const pages = [page(["23:00"], { next: "a" }), page(["22:00"], { next: "b" })];
    const again = [page(["23:00"], { next: "c" }), page(["22:00"])];
    const first = scanOf(DAY, pages);
    const scan = scanOf(DAY, again, first);
    expect(scan.posts).toBe(2);
    expect(suspectIntervalsOf(scan)).toEqual([]);
    expect(readBy(scan, FEW)).toHaveLength(1);
  });

  it("without an end has read up to a minute before it was begun", () => {
    const scan = scanOf({ startTime: at("00:00") }, [page(["23:00"])]);
    expect(readBy(scan, UNSAID)).toEqual([{ start: at("00:00"), end: "2026-01-31T23:59:00Z" }]);
  });

  it.each<[string, string, string]>([
    ["of the second that it begins in", "12:00", at("12:00")],
    ["of a later second: that one may hold older posts", "12:01", "2026-01-01T12:01:01Z"],
  ])("from a known post on has read what is newer: a post %s", (_title, since, start) => {
    const query = { startTime: at("12:00"), endTime: at("24:00"), sinceId: idAt(since) };
    expect(readBy(scanOf(query, [page([])]), FEW)).toEqual([{ start, end: at("24:00") }]);
  });
});

describe("What lies within X's reach", () => {
  const quiet = scanOf(DAY, [page([])]);
  const busy = scanOf(DAY, [page(["13:00", "12:00"])]);
  const whole = { start: at("00:00"), end: at("24:00") };
  const tail = { start: "2026-01-01T12:00:01Z", end: at("24:00") };

  it.each<[string, Scan, ReachAnswers, Interval[]]>([
    ["all, where the account has few posts", quiet, FEW, [whole]],
    ["nothing, where X is silent and the account has many", quiet, MANY, []],
    ["nothing, where X does not say how many there are", quiet, {}, []],
    ["what is newer than the oldest post that X gave", busy, MANY, [tail]],
    ["all, where few posts are newer than the walk's", busy, { newerPosts: 2998 }, [whole]],
    ["no more than that, where more are newer", busy, { newerPosts: 2999 }, [tail]],
    ["all, where X gave an older post", quiet, { olderTimes: ["2025-12-31T23:59:59Z"] }, [whole]],
    [
      "what is newer than an older post of the very interval",
      quiet,
      { olderTimes: [at("01:00")] },
      [{ start: "2026-01-01T01:00:01Z", end: at("24:00") }],
    ],
    ["nothing, where the older post is of the end", quiet, { olderTimes: [at("24:00")] }, []],
    ["nothing, where X had no older post either", quiet, { olderTimes: [] }, []],
    ["all, where the account was not there yet", quiet, { accountSince: at("24:00") }, [whole]],
    [
      "what is older than the account, and what is newer than the oldest post",
      busy,
      { ...MANY, accountSince: at("06:00") },
      [{ start: at("00:00"), end: at("06:00") }, tail],
    ],
    ["not what is newer than the account", quiet, { accountSince: "2025-12-31T00:00:00Z" }, []],
  ])("is %s", (_title, scan, reach, read) => {
    expect(readBy(scan, { ...UNSAID, ...reach })).toEqual(read);
  });
});

describe("A search", () => {
  const times = { startTime: at("00:00"), endTime: at("24:00") };
  const searched = (pages: Page[]) =>
    extendScan(
      undefined,
      { query: times, askedAt: ASKED_AT, isSearch: true },
      pages[0] ?? page([]),
    );

  it("has read all, however old, where X shows the account in it, and nothing otherwise", () => {
    const scan = searched([page(["12:00"])]);
    expect(readBy(scan, { ...UNSAID, isShown: true })).toEqual([
      { start: at("00:00"), end: at("24:00") },
    ]);
    expect(readBy(scan, { isShown: false, ...FEW })).toEqual([]);
    expect(readBy(scan, UNSAID)).toEqual([]);
  });
});

describe("A page with fewer posts than X says", () => {
  const first = page(["23:00", "22:00"], { next: "a" });
  const short = page(["21:00", "20:00"], { next: "b", count: 3 });

  it.each<[string, Page[], string, string]>([
    [
      "in the middle: between its neighbours",
      [first, short, page(["19:00"])],
      at("19:00"),
      "2026-01-01T22:00:01Z",
    ],
    ["at first: up to the end", [short, page(["19:00"])], at("19:00"), at("24:00")],
    [
      "at last: from the start",
      [first, page([], { count: 1 })],
      at("00:00"),
      "2026-01-01T22:00:01Z",
    ],
    [
      "twice in a row: all between",
      [first, short, page([], { next: "c", count: 9 }), page(["18:00"])],
      at("18:00"),
      "2026-01-01T22:00:01Z",
    ],
    [
      "before an empty page: up to the next post",
      [first, short, page([], { next: "c" }), page(["18:00"])],
      at("18:00"),
      "2026-01-01T22:00:01Z",
    ],
  ])("proves nothing %s", (_title, pages, start, end) => {
    const scan = scanOf(DAY, pages);
    expect(suspectIntervalsOf(scan)).toMatchObject([{ start, end }]);
    const [before, after] = [
      { start: at("00:00"), end: start },
      { start: end, end: at("24:00") },
    ];
    expect(provenBy(scan, FEW)).toEqual([before, after].filter((one) => one.start < one.end));
  });
});

describe("A post that cannot be read", () => {
  const query = { startTime: at("12:00"), endTime: at("24:00") };
  const second = { start: at("13:00"), end: "2026-01-01T13:00:01Z" };
  const pageWith = (odd: object) => {
    const data = [...dataAt(["14:00", "12:30"]), odd];
    return parsePage(Buffer.from(JSON.stringify({ data, meta: { result_count: 3 } })));
  };

  it.each<[string, object]>([
    ["at its time", { id: "../1", text: "t", created_at: at("13:00") }],
    ["at the time of its id", { id: idAt("13:00"), text: 7 }],
  ])("is a hole of a second %s, and all else is read", (_title, odd) => {
    const scan = scanOf(query, [pageWith(odd)]);
    expect(scan).toMatchObject({
      posts: 2,
      unparseable: [second],
      suspectIntervals: [],
      oddities: [],
    });
    expect(provenBy(scan, FEW)).toEqual([
      { start: at("12:00"), end: second.start },
      { start: second.end, end: at("24:00") },
    ]);
  });

  it.each<[string, object | null]>([
    ["of no time", null],
    ["of a time that was not asked for", { id: "7", text: 7 }],
  ])("%s is as if X had not sent it: all around is doubted", (_title, odd) => {
    const scan = scanOf(query, [pageWith(odd ?? [])]);
    expect(scan.unparseable).toEqual([]);
    expect(suspectIntervalsOf(scan)).toMatchObject([{ start: at("12:00"), end: at("24:00") }]);
  });

  it("is found where X was asked for what is newer than its neighbour of the same second", () => {
    const since = { ...query, startTime: at("13:00"), sinceId: idAt("13:00") };
    const scan = scanOf(since, [pageWith({ id: idAt("13:00"), text: 7 })]);
    expect(scan).toMatchObject({ unparseable: [second], suspectIntervals: [] });
  });

  it("alone on its page is something new", () => {
    const data = [{ text: "t", created_at: at("13:00"), author_id: "42" }];
    const meta = { result_count: 1, next_token: "b" };
    const odd = parsePage(Buffer.from(JSON.stringify({ data, meta })));
    const scan = scanOf(query, [page(["14:00"], { next: "a" }), odd]);
    expect(scan).toMatchObject({ unparseable: [second], isIdle: false, oddities: [] });
  });
});

describe("What X should not do is noticed", () => {
  it.each<[string, Page[], string[]]>([
    ["nothing odd", [page(["23:00"], { next: "a" }), page(["22:00"])], []],
    ["an empty page", [page(["23:00"], { next: "a" }), page([])], []],
    ["ids that go up on a page", [page(["22:00", "23:00"])], ["X sent ids in ascending order"]],
    [
      "ids that go up from page to page",
      [page(["22:00"], { next: "a" }), page(["23:00"])],
      ["X sent ids in ascending order"],
    ],
    [
      "a token that comes again",
      [
        page(["23:00"], { next: "a" }),
        page(["22:00"], { next: "b" }),
        page(["21:00"], { next: "a" }),
      ],
      ["X gave a next_token again"],
    ],
  ])("%s", (_title, pages, oddities) => {
    expect(scanOf(DAY, pages).oddities).toEqual(oddities);
  });
});

describe("A page that brings nothing, where X has said that there is more,", () => {
  const first = page(["23:00", "22:00"], { next: "a" });
  const tail = { start: at("00:00"), end: "2026-01-01T22:00:01Z" };
  const lowest = { untilId: idAt("22:00") };

  it.each<[string, Page]>([
    ["that is empty", page([])],
    ["that was here already", page(["23:00", "22:00"], { next: "b" })],
  ])("%s: has X asked for what is older by its id, and else is a doubt", (_title, last) => {
    const scan = scanOf(DAY, [first, last]);
    expect(nextQuestion(scan)).toEqual({ ...DAY, ...lowest });
    expect(suspectIntervalsOf(scan)).toMatchObject([tail]);
    const over = further(scan, lowest, page([]));
    expect(nextQuestion(over)).toBeUndefined();
    expect(suspectIntervalsOf(over)).toMatchObject([tail]);
    expect(provenBy(over, FEW)).toEqual([{ start: tail.end, end: at("24:00") }]);
  });

  it("is made up for by posts that are older", () => {
    const scan = further(scanOf(DAY, [first, page([])]), lowest, page(["21:00"], { next: "c" }));
    expect(scan).toMatchObject({ posts: 3, isBroken: false });
    expect(nextQuestion(scan)).toEqual({ ...DAY, ...lowest, token: "c" });
    expect(suspectIntervalsOf(scan)).toEqual([]);
  });

  it("is the last one where X was not to be asked with a token", () => {
    const scan = scanOf(DAY, [page(["23:00", "22:00"])]);
    expect(nextQuestion(scan)).toEqual({ ...DAY, ...lowest });
    for (const last of [page([]), page(["23:00", "22:00"], { next: "again" })]) {
      const over = further(scan, lowest, last);
      expect(nextQuestion(over)).toBeUndefined();
      expect(provenBy(over, FEW)).toEqual([{ start: at("00:00"), end: at("24:00") }]);
    }
  });

  it("of another id than the lowest is not a part of the walk", () => {
    const scan = further(scanOf(DAY, [page(["23:00"])]), lowest, page([]));
    expect(provenBy(scan, FEW)).toEqual([]);
  });
});

describe("An answer that is not believed the first time", () => {
  const before = scanOf(DAY, [page(["23:00", "22:00"], { next: "a" })]);
  const ofAnother = page(["21:00"]);
  ofAnother.posts.forEach((post) => Object.assign(post, { authorId: "43" }));

  it.each<[string, Page, string | undefined]>([
    ["of a page more", page(["21:00"]), undefined],
    ["of an empty page that leads on", page([], { next: "b" }), undefined],
    ["of an empty page", page([]), "leads to no post"],
    ["of too few", page(["21:00"], { count: 2 }), "announced 2 posts and sent 1"],
    ["of too many", page(["21:00"], { count: 0 }), "announced 0 posts and sent 1"],
    ["of what was here", page(["22:00"], { next: "b" }), "a page again"],
    ["of another account", ofAnother, "another account"],
    ["of another day", pageAt("2026-01-03T00:00:00Z"), "another time"],
    ["that names a post that it does not have", { ...page(["21:00"]), oldestId: "1" }, "post 1"],
  ])("is one %s", (_title, answer, words) => {
    const asked = { query: DAY, token: "a", accountId: "42" };
    const why = contradictionIn(before, asked, answer);
    expect(why ?? "").toContain(words ?? "");
    expect(why === undefined).toBe(words === undefined);
  });
});

function scanOf(query: PageQuery, pages: Page[], before?: Scan): Scan {
  let scan = before;
  for (const [index, each] of pages.entries()) {
    const token = pages[index - 1]?.nextToken;
    scan = extendScan(
      scan,
      { query, askedAt: ASKED_AT, ...(token !== undefined && { token }) },
      each,
    );
  }
  if (!scan) {
    throw new Error("A walk has a page");
  }
  return scan;
}

function further(scan: Scan, untilId: PageQuery, answer: Page): Scan {
  return extendScan(scan, { query: { ...DAY, ...untilId }, askedAt: ASKED_AT }, answer);
}

function pageAt(time: string): Page {
  const data = [postAt(time.replace("Z", ".000Z"))];
  return parsePage(Buffer.from(JSON.stringify({ data, meta: { result_count: 1 } })));
}

function page(times: string[], { next, count }: { next?: string; count?: number } = {}): Page {
  const meta = {
    result_count: count ?? times.length,
    ...(next !== undefined && { next_token: next }),
  };
  return parsePage(Buffer.from(JSON.stringify({ data: dataAt(times), meta })));
}

function dataAt(times: string[]) {
  return times.map((time) => postAt(at(time).replace("Z", ".000Z")));
}

function at(time: string): string {
  return time === "24:00" ? "2026-01-02T00:00:00Z" : `2026-01-01T${time}:00Z`;
}

function idAt(time: string): string {
  return postAt(at(time)).id;
}
