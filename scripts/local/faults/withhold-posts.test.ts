import { describe, expect, it } from "vitest";
import { changeBody, omitPosts, refuseNewest, type Withhold } from "./withhold-posts.ts";

const LOOKUP = "/2/tweets";
const TIMELINE = "/2/users/42/tweets";

describe("An X that omits posts", () => {
  it("says nothing of every second one that it is asked for, given or not", () => {
    const answer = { data: [{ id: "1" }, { id: "2" }, { id: "3" }], errors: [{ value: "4" }] };
    expect(change(answer, LOOKUP, omitPosts)).toEqual({ data: [{ id: "2" }], errors: [] });
  });

  it("says nothing of what goes along with a page, in either vocabulary, and leaves its posts", () => {
    const users = [{ id: "42" }];
    const answer = {
      data: [{ id: "1" }],
      includes: { tweets: [{}], posts: [{}], users },
      meta: {},
    };
    expect(change(answer, TIMELINE, omitPosts)).toEqual({
      data: [{ id: "1" }],
      includes: { users },
      meta: {},
    });
  });
});

describe("An X that refuses a post of the timeline", () => {
  it("names the newest of a page among the errors, and counts the others", () => {
    const answer = { data: [{ id: "2" }, { id: "1" }], meta: { result_count: 2 } };
    expect(change(answer, TIMELINE, refuseNewest)).toMatchObject({
      data: [{ id: "1" }],
      errors: [{ resource_id: "2", title: "Authorization Error" }],
      meta: { result_count: 1 },
    });
  });

  it.each([
    [{ data: [{ id: "2" }] }, LOOKUP],
    [{ data: { id: "42" } }, "/2/users/me"],
    [{ meta: { result_count: 0 } }, TIMELINE],
  ])("leaves %j of %s as it is", (answer, path) => {
    expect(change(answer, path, refuseNewest)).toEqual(answer);
  });
});

it("What is no JSON stays as it is", () => {
  const body = Buffer.from("<html>");
  expect(changeBody(body, LOOKUP, omitPosts)).toBe(body);
});

function change(answer: object, path: string, withhold: Withhold): unknown {
  return JSON.parse(changeBody(Buffer.from(JSON.stringify(answer)), path, withhold).toString());
}
