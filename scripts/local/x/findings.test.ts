import { afterEach, describe, expect, it } from "vitest";
import type { LocalX } from "../contracts.ts";
import { generateTimeline } from "./generate.ts";
import { createMediaFiles } from "./media-files.ts";
import type { ScriptEvent } from "./script-event.ts";
import { getAnswer } from "./testing/get-answer.ts";
import { postAt, startSmallX } from "./testing/small-timeline.ts";
import { createTimeline, type Timeline } from "./timeline.ts";
import { tellFindings } from "./true-findings.ts";

const [GONE, BACK] = ["2026-01-03T00:00:00.000Z", "2026-01-04T00:00:00.000Z"];
const PROBLEMS = "https://api.x.com/2/problems";
const original = postAt("2025-12-31T00:00:00.000Z", { author_id: "43" });
const post = postAt("2026-01-01T00:00:00.000Z");
const repost = postAt("2026-01-02T00:00:00.000Z", {
  referenced_tweets: [{ type: "retweeted", id: original.id }],
});

describe("What becomes of posts", () => {
  let x: LocalX | undefined;
  afterEach(async () => {
    await x?.close();
    x = undefined;
  });

  /** What X shows of the posts and of the repost: in the timeline, and by their ids. */
  async function look(script: ScriptEvent[], time: string) {
    x ??= await startSmallX([post, repost], { otherPosts: [original], script, history: false });
    x.setNow(new Date(time));
    const timeline = await getAnswer(x, "users/42/tweets");
    const lookUp = await getAnswer(x, "tweets", { ids: `${repost.id},${post.id},${original.id}` });
    return {
      timeline: timeline.data?.map(({ id }) => id),
      byId: lookUp.data?.map(({ id }) => id),
      errors: lookUp.errors?.map(({ resource_id: id, type }) => [id, type]),
    };
  }

  it.each<[string, ScriptEvent, (string | undefined)[], string[], string]>([
    [
      "a post that is deleted",
      { at: GONE, what: "delete", post: post.id },
      [repost.id],
      [post.id],
      "resource-not-found",
    ],
    [
      "a repost that is undone",
      { at: GONE, what: "undoRepost", post: repost.id },
      [post.id],
      [repost.id],
      "resource-not-found",
    ],
    [
      "a repost whose original is deleted",
      { at: GONE, what: "deleteOriginal", post: original.id },
      [post.id],
      [repost.id, original.id],
      "resource-not-found",
    ],
    [
      "a repost whose author hides",
      { at: GONE, what: "protect", user: "43" },
      [post.id],
      [repost.id, original.id],
      "not-authorized-for-resource",
    ],
  ])(
    "%s is in no timeline any more, and an error by its id",
    async (_what, event, left, errors, type) => {
      const before = await look([event], "2026-01-02T23:59:59Z");
      expect(before.timeline).toEqual([repost.id, post.id]);
      expect(before.errors).toBeUndefined();
      const after = await look([event], GONE);
      expect(after.timeline).toEqual(left);
      expect(after.errors).toEqual(errors.map((id) => [id, `${PROBLEMS}/${type}`]));
      const own = errors.filter((id) => id !== original.id);
      expect(x?.findings()).toMatchObject(
        own.map((id) => ({ kind: "Deletion", post: { id }, since: GONE })),
      );
    },
  );

  it("is that they come back with their author", async () => {
    const script: ScriptEvent[] = [
      { at: GONE, what: "protect", user: "43" },
      { at: BACK, what: "unprotect", user: "43" },
    ];
    expect((await look(script, GONE)).timeline).toEqual([post.id]);
    expect((await look(script, BACK)).timeline).toEqual([repost.id, post.id]);
    expect(x?.findings().map(({ kind, since }) => [kind, since])).toEqual([
      ["Deletion", GONE],
      ["Reappearance", BACK],
    ]);
  });

  it("is nothing that anybody missed, where all exists from the start", async () => {
    const script: ScriptEvent[] = [
      { at: "2026-01-01T12:00:00.000Z", what: "delete", post: post.id },
      { at: GONE, what: "undoRepost", post: repost.id },
    ];
    x = await startSmallX([post, repost], { otherPosts: [original], script });
    expect(x.posts().map(({ id }) => id)).toEqual([repost.id]);
    expect((await getAnswer(x, "users/42/tweets")).data).toMatchObject([{ id: repost.id }]);
    expect(x.findings()).toEqual([]);
  });
});

it("A deleted post goes with all its versions", async () => {
  const edit_history_tweet_ids = ["7", post.id];
  const version = { ...post, id: "7", edit_history_tweet_ids };
  const script: ScriptEvent[] = [{ at: GONE, what: "delete", post: post.id }];
  const edited = { ...post, edit_history_tweet_ids };
  const x = await startSmallX([edited], { otherPosts: [version], script, history: false });
  x.setNow(new Date(GONE));
  expect((await getAnswer(x, "tweets", { ids: "7" })).data).toBeUndefined();
  await x.close();
});

it("A poll that has ended is a finding, with the votes that X shows from then on", () => {
  const asking = { ...post, attachments: { poll_ids: ["5"] } };
  const options = [
    { label: "Yes &amp; no", votes: 1 },
    { label: "No", votes: 2 },
  ];
  const parts = {
    accountId: "42",
    posts: [asking],
    polls: [{ id: "5", options, voting_status: "open", end_datetime: GONE }],
    script: [{ at: GONE, what: "pollCloses" as const, poll: "5", votes: [30, 40] }],
  };
  const findings = (timeline: Timeline) => tellFindings(timeline, createMediaFiles(timeline));
  const ended = { kind: "PollResult", post: { id: post.id }, since: GONE };
  const votes = [
    { label: "Yes & no", votes: 30 },
    { label: "No", votes: 40 },
  ];
  expect(findings(createTimeline(parts))).toMatchObject([{ ...ended, votes }]);
  expect(findings(createTimeline({ ...parts, script: [] }))).toMatchObject([
    { ...ended, votes: [{ votes: 1 }, { votes: 2 }] },
  ]);
  const deletion = { at: "2026-01-02T00:00:00.000Z", what: "delete" as const, post: post.id };
  const gone = findings(createTimeline({ ...parts, script: [deletion] }));
  expect(gone.map(({ kind }) => kind)).toEqual(["Deletion"]);
});

it("The generated account has posts that go, come back, and close a poll, after all its windows", () => {
  const timeline = generateTimeline();
  const findings = tellFindings(timeline, createMediaFiles(timeline));
  const kinds = Map.groupBy(findings, ({ kind }) => kind);
  expect([...kinds.keys()].sort()).toEqual(["Deletion", "PollResult", "Reappearance"]);
  expect(kinds.get("Deletion")?.length).toBeGreaterThanOrEqual(5);
  const gone = findings.filter(({ kind }) => kind !== "PollResult");
  expect(gone.every(({ since }) => since > "2026-03-06")).toBe(true);
});
