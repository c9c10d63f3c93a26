import { expect, it } from "vitest";
import { type DroppingFault, dropMembers } from "./drop-members.ts";

const POST = { id: "1", text: "Cut…", author_id: "42", created_at: "2026-03-01T00:00:00.000Z" };

it.each<[DroppingFault, object, object]>([
  ["note-ignored", { ...POST, note_tweet: { text: "Long" } }, POST],
  ["note-ignored", { ...POST, note_post: { text: "Long" } }, POST],
  ["references-ignored", { ...POST, referenced_tweets: [{ type: "quoted", id: "2" }] }, POST],
  ["versions-ignored", { ...POST, edit_history_tweet_ids: ["1"] }, POST],
  ["fields-ignored", { ...POST, note_tweet: { text: "Long" } }, { id: "1", text: "Cut…" }],
])(
  "With %s, X says nothing of that for posts, and for those that go along",
  (fault, post, left) => {
    const users = [{ id: "42", name: "Small" }];
    const answer = { data: [post], includes: { tweets: [post], users }, meta: { result_count: 1 } };
    expect(dropMembers(fault)(answer, "/2/users/42/tweets")).toEqual({
      data: [left],
      includes: { tweets: [left], users },
      meta: { result_count: 1 },
    });
  },
);

it("An answer without posts stays as it is", () => {
  const answer = { errors: [{ value: "1" }] };
  expect(dropMembers("fields-ignored")(answer, "/2/tweets")).toEqual(answer);
});
