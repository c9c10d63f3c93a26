import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RECORD_RULE, type TruePost } from "../contracts.ts";
import type { Item } from "../portal/item.ts";
import { openMailbox } from "../portal/mailbox.ts";
import { sampleItem, sampleParty, samplePost, sampleRecord } from "../portal/testing/samples.ts";
import { check } from "./check.ts";
import { readMailbox } from "./read-mailbox.ts";
import type { Items } from "./testing/evidence.ts";
import {
  cutAttachment,
  dropContextHandle,
  dropContextMedia,
  edit,
  FERRY,
  gather,
  medium,
  replace,
  standardItems,
  TIME,
  truth,
} from "./testing/evidence.ts";

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "check-"));
});

afterEach(() => rm(directory, { recursive: true }));

describe("the checker", () => {
  it("finds nothing where everything is in order", async () => {
    const verdict = check(await gather(directory, standardItems()));
    expect(verdict).toEqual({
      posts: 3,
      captured: 3,
      delivered: 3,
      accepted: 3,
      mailbox: 3,
      duplicates: 0,
      problems: [],
    });
  });

  it.each<[string, (items: Items) => void, string, string]>([
    ["a post that was skipped", (items) => items.delete("1"), "1", "is not in the mailbox"],
    ["a truncated attachment", cutAttachment, "2", "medium 3_1 is not attached as X serves it"],
    ["a missing attachment", edit("2", { ContentAttachments: null }), "2", "medium 3_1 is not"],
    ["a missing picture of the quoted post", dropContextMedia, "2", "medium 3_2 is not"],
    ["context that was dropped", edit("2", { PreContext: null }), "2", "the text of context 9"],
    ["a shifted time zone", edit("1", { SentTimeUtc: "2026-03-01T11:00:05Z" }), "1", "Date is"],
    ["a time without Z", edit("1", { SentTimeUtc: "2026-03-01T10:00:05" }), "1", "has no Z"],
    ["a cut text", replace("1", "is late &", "is …"), "1", "the text is not complete"],
    [
      "the beginning of a long text, though it says so",
      replace("1", "is late & slow", "is late … (X sent no more: the text may be cut)"),
      "1",
      "the text is not complete",
    ],
    ["entities that were left", replace("1", "& slow", "&amp; slow"), "1", "the text is not"],
    [
      "a link left short",
      replace("1", "https://ferry.example/t?a=1", "https://t.co/a"),
      "1",
      "the link to https://ferry.example/t?a=1",
    ],
    ["a wrong link", replace("1", "/t?a=1", "/t?a=2"), "1", "the text is not complete"],
    ["a missing handle", replace("1", "@harbour", "Harbour"), "1", "handle @harbour is missing"],
    ["a context without its author's handle", dropContextHandle, "2", "handle @port is missing"],
    [
      "a wrong permalink",
      replace("1", "status/1", "status/2"),
      "1",
      "the permalink https://x.com/harbour/status/1",
    ],
    ["a lost medium kept quiet", replace("1", "3_9", "one"), "1", "medium 3_9 cannot be had"],
    ["a missing alternative text", replace("2", "A ferry", "It"), "2", "description of medium 3_1"],
    ["the thread's root", edit("3", { ThreadId: "3" }), "3", "ThreadId is 3, must be 1"],
    ["the post replied to", edit("3", { ParentId: null }), "3", "ParentId is undefined, must be 1"],
    ["a parent of a post that replies to none", edit("1", { ParentId: "8" }), "1", "ParentId is 8"],
    ["a wrong sender", edit("1", { Sender: sampleParty("7", "Port") }), "1", "Sender.Id is 7"],
    ["a wrong account", edit("1", { ContainerId: "7" }), "1", "ContainerId is 7"],
    [
      "a mentioned user that is no recipient",
      edit("1", { Recipients: [] }),
      "1",
      "@mate is not among",
    ],
    [
      "a recipient whom nobody named",
      edit("1", { Recipients: [sampleParty("50", "mate"), sampleParty("51", "mat")] }),
      "1",
      "the recipient 51 is nobody whom the post names",
    ],
    ["a text without its record", replace("1", RECORD_RULE, ""), "1", "has 0 records, and is of 1"],
    [
      "a record that the author wrote, too",
      replace("1", "Ferry is late", `Ferry\n\n${RECORD_RULE}\nPermalink: no\n\nis late`),
      "1",
      "has 2 records, and is of 1",
    ],
    [
      "a record of another post",
      replace("2", "status/2", "status/1"),
      "2",
      "the record behind its text is not of post 2",
    ],
    ["a record out of order", replace("1", "Account: ", "\u202e"), "1", "bidirectional controls"],
    [
      "a name that turns what follows around",
      edit("1", { Sender: sampleParty("42", "Harb\u202eour") }),
      "1",
      "name has control characters",
    ],
    [
      "a subject of nothing but a link",
      edit("1", { MessagePreviewText: "https://t.co/a" }),
      "1",
      "the subject has no words",
    ],
    [
      "a subject that is a whole text",
      edit("1", { MessagePreviewText: "word ".repeat(60) }),
      "1",
      "the subject is too long",
    ],
    [
      "a link that was looked for in the words",
      replace("1", "Ferry is late & slow", "Ferry is late & slow https://ferry.example/t?a=1"),
      "1",
      "the text is not complete",
    ],
    ["one type for two kinds", edit("3", { ItemType: "Quote" }), "3", "ItemType Quote is used for"],
  ])("finds %s", async (_what, spoil, postId, problem) => {
    const items = standardItems();
    spoil(items);
    const { problems } = check(await gather(directory, items));
    const found = problems.filter(({ what }) => what.includes(problem));
    expect(found.map((each) => each.postId)).toContain(postId);
  });

  it("finds a post that was sent twice, whatever the version", async () => {
    const evidence = await gather(directory, standardItems());
    const mailbox = await openMailbox(directory);
    await mailbox.add(standardItems().get("1") ?? sampleItem(), "2026-03-05T00:00:00Z");
    const verdict = check({ ...evidence, mailbox: await readMailbox(directory) });
    expect(verdict.duplicates).toBe(1);
    expect(verdict.problems).toEqual([{ postId: "1", what: "is in the mailbox 2 times" }]);
  });

  it("finds a message whose bytes were changed on disk", async () => {
    const evidence = await gather(directory, standardItems());
    const file = (await readdir(directory)).find((name) => name.endsWith("-2.eml")) ?? "";
    const text = await readFile(path.join(directory, file), "utf8");
    const [bytes = ""] = Buffer.from(FERRY).toString("base64").split("=");
    await writeFile(path.join(directory, file), text.replace(bytes, `B${bytes.slice(1)}`));
    const { problems } = check({ ...evidence, mailbox: await readMailbox(directory) });
    expect(problems).toEqual([{ postId: "2", what: "medium 3_1 is not attached as X serves it" }]);
  });

  it("finds a message of no true post, but not of an earlier version of one", async () => {
    const items = standardItems().set("77", sampleItem({ Id: "77", SentTimeUtc: TIME }));
    const evidence = await gather(directory, items);
    expect(check(evidence).problems).toEqual([
      { postId: "77", what: "invented: 20260301T100005Z-77.eml is of no true post" },
    ]);
    const pages = { ...evidence.pages, earlierVersions: new Set(["77"]) };
    expect(check({ ...evidence, pages }).problems).toEqual([]);
  });

  it("finds an earlier version of a post that is missing, or there twice, or not whole", async () => {
    const earlier = [samplePost({ id: "77", text: "Ferry is on time" })];
    const [edited, ...others] = truth();
    const posts = [{ ...samplePost(), ...edited, earlier }, ...others];
    const judge = async (...items: Item[]) => {
      const all = items.map((item, index): [string, Item] => [`77-${index}`, item]);
      const own = await mkdtemp(path.join(directory, "own-"));
      const evidence = await gather(own, new Map([...standardItems(), ...all]));
      const pages = { ...evidence.pages, earlierVersions: new Set(["77"]) };
      return check({ ...evidence, pages, truth: posts }).problems.map(({ what }) => what);
    };
    const item = sampleItem({
      Id: "77",
      SentTimeUtc: TIME,
      Content: `Ferry is on time${sampleRecord("harbour", "77")}`,
    });
    expect(await judge(item)).toEqual([]);
    expect(await judge()).toEqual(["is not in the mailbox, an earlier version of 1"]);
    const evidence = await gather(directory, standardItems());
    const judgeWith = (reason: string) => {
      const gaps = [{ start: TIME, end: "2026-03-01T10:00:06Z", reason }];
      return check({ ...evidence, gaps, truth: posts }).problems.map(({ what }) => what);
    };
    expect(judgeWith("X withholds post 77")).toEqual([]);
    expect(judgeWith("X withholds post 78")).toEqual([
      "is not in the mailbox, an earlier version of 1",
    ]);
    expect(await judge(item, item)).toEqual(["is in the mailbox 2 times, an earlier version of 1"]);
    const cut = { ...item, Content: item.Content?.replace("on time", "") ?? "" };
    expect(await judge(cut)).toEqual(["the text is not complete, an earlier version of 1"]);
  });

  it("wants every answer of a poll", async () => {
    const [first, ...others] = truth();
    const post = { ...samplePost(), ...first, pollAnswers: ["slow", "Ask & wait"] };
    const evidence = { ...(await gather(directory, standardItems())), truth: [post, ...others] };
    expect(check(evidence).problems).toEqual([
      { postId: "1", what: 'the answer "Ask & wait" of its poll is missing' },
    ]);
  });

  it("wants edited posts to say which version they are, and to name the others", async () => {
    const [first, ...others] = truth();
    const edited = { ...samplePost(), ...first, versions: ["77", "1"] };
    const judge = async (items: Items) => {
      const own = await mkdtemp(path.join(directory, "own-"));
      const evidence = { ...(await gather(own, items)), truth: [edited, ...others] };
      return check(evidence).problems.map(({ what }) => what);
    };
    expect(await judge(standardItems())).toEqual([
      "the subject does not say that it was edited",
      'it does not say "Version: 2 of 2"',
      "it does not name its version 77",
    ]);
    const items = standardItems();
    edit("1", { MessagePreviewText: "(edited) Ferry is late" })(items);
    const version = "Version: 2 of 2, replaces https://x.com/harbour/status/77";
    replace("1", "\nPermalink", `\n${version}\nPermalink`)(items);
    expect(await judge(items)).toEqual([]);
  });

  it.each([
    ["inside", "2026-03-01T10:00:05Z", "2026-03-01T10:00:06Z", 0],
    ["at the open end of", "2026-03-01T10:00:00Z", "2026-03-01T10:00:05Z", 1],
  ])("lets a missing post lie %s a gap or not", async (_what, start, end, count) => {
    const items = standardItems();
    items.delete("1");
    const evidence = await gather(directory, items);
    const gaps = [{ start, end, reason: "beyond the newest 3,200" }];
    const verdict = check({ ...evidence, gaps });
    expect(verdict.problems).toHaveLength(count);
    expect(verdict.mailbox).toBe(2);
  });

  it("finds what no archived page proves, failed tasks, and whatever the platform refused", async () => {
    const evidence = await gather(directory, standardItems());
    evidence.pages.postIds.delete("3");
    const findings = [{ postId: "1", fileName: "1.json", taskId: "t", what: "is over 10 MB" }];
    const { problems, captured } = check({
      ...evidence,
      findings,
      results: evidence.results.flatMap((result) => [
        result,
        { ...result, status: 2 as const, accepted: [] },
      ]),
    });
    expect(captured).toBe(2);
    expect(problems.map(({ what }) => what)).toEqual([
      "is on no archived page",
      "task t of 2026-03-01T10:00:00Z to 2026-03-01T11:00:00Z ended in PermanentFailure",
      "is over 10 MB (task t, 1.json)",
    ]);
  });

  it("wants the quoted post inside a repost, but no deeper thread", async () => {
    const inner = samplePost({ id: "8", text: "Tide tables", media: [medium("3_8", "tides")] });
    const deeper = {
      type: "replied_to" as const,
      id: "7",
      post: samplePost({ id: "7", text: "?" }),
    };
    const original = samplePost({
      id: "9",
      text: "Ferry is late & slow",
      references: [{ type: "quoted", id: "8", post: inner }, deeper],
    });
    const [, ...rest] = truth();
    const repost = samplePost({
      id: "1",
      text: original.text,
      references: [{ type: "retweeted", id: "9", post: original }],
    });
    const evidence = { ...(await gather(directory, standardItems())), truth: [repost, ...rest] };
    expect(check(evidence).problems.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        "the text of context 8 is not complete",
        "medium 3_8 is not attached as X serves it",
      ]),
    );
    expect(JSON.stringify(check(evidence).problems)).not.toContain("context 7");
  });

  it.each<[string, Partial<TruePost>, string, string]>([
    ["code of an article", { facts: ["a < b"] }, "a &lt; b", '"a < b" is missing'],
    [
      "what cannot be read",
      { oddMembers: ["geo"] },
      "nothing",
      "that geo cannot be read is not said",
    ],
    [
      "the name of a picture that stands for a video",
      { media: [medium("3_9", "gone", { isPreview: true, bytes: 9_000_000 })] },
      "3_9",
      "the preview picture of 3_9 is not called that",
    ],
  ])("finds that a mail is without %s", async (_what, members, said, problem) => {
    const [first, ...rest] = truth();
    const posts = [samplePost({ ...first, ...members }), ...rest];
    const items = standardItems();
    replace("1", "Not archived: 3_9", said)(items);
    expect(await problemsOf(items, posts)).toEqual([problem]);
    const whole = [...(members.facts ?? []), ...(members.oddMembers ?? [])].join(" ");
    replace("1", said, `${whole} 3_9, a preview picture`)(items);
    await rm(directory, { recursive: true });
    expect(await problemsOf(items, posts)).toEqual([]);
  });

  async function problemsOf(items: Items, posts: TruePost[]): Promise<string[]> {
    const verdict = check({ ...(await gather(directory, items)), truth: posts });
    return verdict.problems
      .map(({ what }) => what)
      .filter((what) => what !== "medium 3_9 cannot be had, and the mail does not say so");
  }

  it("takes a mention for large media that fit into no item", async () => {
    const [first, ...rest] = truth();
    const big = { ...medium("7_1", FERRY), bytes: 9_000_000, type: "video" as const };
    const posts = [samplePost({ ...first, media: [big] }), ...rest];
    const items = standardItems();
    expect(check({ ...(await gather(directory, items)), truth: posts }).problems).toHaveLength(1);
    replace("1", "3_9", "7_1")(items);
    await rm(directory, { recursive: true });
    expect(check({ ...(await gather(directory, items)), truth: posts }).problems).toEqual([]);
  });
});
