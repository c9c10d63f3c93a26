import { describe, expect, it } from "vitest";
import { toBody, type Wire } from "../testing/wire-pages.ts";
import { parsePage } from "../twitter/page.ts";
import { idsToLookUp } from "./context.ts";

const USERS = [
  { id: "42", name: "Small", username: "small" },
  { id: "43", name: "Other", username: "other" },
];

function post(id: string, references: [type: string, id: string][] = [], members: Wire = {}): Wire {
  return {
    id,
    text: `Post ${id}`,
    created_at: "2026-01-01T00:00:00.000Z",
    author_id: "42",
    referenced_tweets: references.map(([type, referred]) => ({ type, id: referred })),
    ...members,
  };
}

function idsFor(data: Wire[], includes: Wire = {}, errors: Wire[] = []): string[] {
  const answer = { data, includes: { users: USERS, ...includes }, errors };
  return idsToLookUp(parsePage(toBody(answer)));
}

describe("Looked up is", () => {
  it("nothing where X sent all along", () => {
    const shown = post("2", [], { attachments: { media_keys: ["3_1"] } });
    const media = [{ media_key: "3_1", type: "photo" }];
    expect(idsFor([post("1", [["quoted", "2"]])], { tweets: [shown], media })).toEqual([]);
  });

  it("what a reposted post quotes, and not what a quoted post quotes", () => {
    const shown = post("2", [["quoted", "3"]]);
    expect(idsFor([post("1", [["retweeted", "2"]])], { tweets: [shown] })).toEqual(["3"]);
    expect(idsFor([post("1", [["quoted", "2"]])], { tweets: [shown] })).toEqual([]);
  });

  it("the original of a repost that a post answers or quotes", () => {
    const repost = post("2", [["retweeted", "3"]]);
    expect(idsFor([post("1", [["replied_to", "2"]])], { tweets: [repost] })).toEqual(["3"]);
    expect(idsFor([post("1", [["quoted", "2"]])], { tweets: [repost] })).toEqual(["3"]);
  });

  it("a post that X sent without its author or a medium", () => {
    const stranger = post("2", [], { author_id: "99" });
    const pictured = post("3", [], { attachments: { media_keys: ["3_1"] } });
    const both = post("1", [
      ["quoted", "2"],
      ["replied_to", "3"],
    ]);
    expect(idsFor([both], { tweets: [stranger, pictured] })).toEqual(["2", "3"]);
  });

  it("a post that X neither sent nor said why not", () => {
    expect(idsFor([post("1", [["quoted", "2"]])])).toEqual(["2"]);
  });

  it("a post that X sent in a shape that cannot be read", () => {
    expect(idsFor([post("1", [["quoted", "2"]])], { tweets: [{ id: "2", text: "?" }] })).toEqual([
      "2",
    ]);
  });

  it("every other version of an edited post that X did not send along", () => {
    const edited = post("3", [], { edit_history_tweet_ids: ["1", "2", "3"] });
    expect(idsFor([edited])).toEqual(["1", "2"]);
    expect(idsFor([edited, post("2")], { tweets: [post("1")] })).toEqual([]);
  });

  it("what an earlier version shows and X did not send along", () => {
    const edited = post("3", [], { edit_history_tweet_ids: ["1", "2", "3"] });
    const pictured = post("1", [], { attachments: { media_keys: ["3_1"] } });
    const quoting = post("2", [["quoted", "7"]]);
    expect(idsFor([edited], { tweets: [pictured, quoting] })).toEqual(["7", "1"]);
  });

  it("nothing of which X says that it does not hand it out", () => {
    const errors = [{ resource_id: "2", title: "Not Found Error" }];
    expect(idsFor([post("1", [["quoted", "2"]])], {}, errors)).toEqual([]);
  });

  it("each post once, however many show it", () => {
    const all = ["1", "4", "5"].map((id) => post(id, [["quoted", "2"]]));
    expect(idsFor(all)).toEqual(["2"]);
  });
});
