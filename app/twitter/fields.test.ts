import { describe, expect, it } from "vitest";
import { LEGACY, RENAMED } from "../../scripts/local/x/vocabulary.ts";
import { fieldsQuery } from "./fields.ts";

/** Words of either vocabulary that the other has not (docs/x-api.md#field-names). */
const OTHERS_WORDS = { tweet: /(^|[_.])posts?(_|$|\.)/, post: /tweet/ };
/** What is the same in both: an expansion that X has not renamed. */
const SHARED = new Set(["attachments.media_source_tweet"]);

/** Expansions of accounts: of their authors, a post needs none. */
const OF_ACCOUNTS = /^(?:pinned|most_recent)_(?:tweet|post)_id$/;

const VOCABULARIES = [
  ["tweet", LEGACY],
  ["post", RENAMED],
] as const;

describe.each(VOCABULARIES)("The query in the vocabulary %s", (vocabulary, known) => {
  const query = fieldsQuery(vocabulary);
  const names = Object.values(query).flatMap((value) => value.split(","));
  const asked = (parameter: string) => (query[parameter] ?? "").split(",");

  it("asks for every member and expansion that X has", () => {
    expect(asked(`${vocabulary}.fields`)).toEqual(expect.arrayContaining([...known.fields.keys()]));
    const ofPosts = [...known.expansions.keys()].filter((name) => !OF_ACCOUNTS.test(name));
    expect(asked("expansions")).toEqual(expect.arrayContaining(ofPosts));
  });

  it("has the parameters of this vocabulary alone", () => {
    const others = ["expansions", "media.fields", "place.fields", "poll.fields", "user.fields"];
    expect(Object.keys(query).toSorted()).toEqual([`${vocabulary}.fields`, ...others].toSorted());
  });

  it("mixes no word of the other vocabulary in", () => {
    const strangers = names.filter((name) => OTHERS_WORDS[vocabulary].test(name));
    expect(strangers.filter((name) => !SHARED.has(name))).toEqual([]);
  });

  it("asks for each name once, and for nothing that is the author's secret", () => {
    for (const [parameter, value] of Object.entries(query)) {
      const list = value.split(",");
      expect(
        list.filter((name, index) => list.indexOf(name) !== index),
        parameter,
      ).toEqual([]);
    }
    expect(names.filter((name) => /non_public|organic|promoted|email/.test(name))).toEqual([]);
  });

  it("asks of a medium for all that finds its files and describes it", () => {
    expect(asked("media.fields")).toEqual(
      expect.arrayContaining(["url", "variants", "alt_text", "type", "media_key"]),
    );
    expect(asked("poll.fields")).toEqual(expect.arrayContaining(["options", "voting_status"]));
    expect(asked("place.fields")).toEqual(expect.arrayContaining(["full_name", "country"]));
    expect(asked("user.fields")).toEqual(
      expect.arrayContaining(["name", "username", "profile_image_url"]),
    );
  });
});
