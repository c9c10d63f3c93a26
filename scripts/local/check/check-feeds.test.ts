import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ShownProfile, TrueFinding, TruePost, TrueProfile } from "../contracts.ts";
import type { Item } from "../portal/item.ts";
import {
  sampleAttachment,
  sampleItem,
  sampleParty,
  samplePost,
  sampleRecord,
} from "../portal/testing/samples.ts";
import { check, type Evidence } from "./check.ts";
import { gather, standardItems } from "./testing/evidence.ts";

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "check-feeds-"));
});

afterEach(() => rm(directory, { recursive: true }));

/** What is wrong with these items, beside the posts of a mailbox in which all is well. */
async function judge(items: readonly Item[], expected: Partial<Evidence>): Promise<string[]> {
  const own = await mkdtemp(path.join(directory, "own-"));
  const all = items.map((item, index): [string, Item] => [`extra ${index}`, item]);
  const evidence = await gather(own, new Map([...standardItems(), ...all]));
  items.forEach(({ Id }) => evidence.pages.postIds.add(Id));
  return check({ ...evidence, ...expected }).problems.map(({ what }) => what);
}

const MATE = { id: "50", name: "Mate", username: "mate", handles: ["mate"] };

function mention(changes: Partial<TruePost> = {}): TruePost {
  const mentions = [{ id: "42", username: "harbour" }];
  return samplePost({ id: "60", author: MATE, text: "Well done @harbour", mentions, ...changes });
}

function mentionItem(changes: Partial<Item> = {}): Item {
  return sampleItem({
    Id: "60",
    ItemType: "Mention",
    Sender: sampleParty("50", "Mate"),
    Recipients: [sampleParty("42", "Harbour Office")],
    Content: `Well done @harbour${sampleRecord("mate", "60")}`,
    ...changes,
  });
}

describe("a mention", () => {
  it("is in the mailbox once where mentions are on, and not at all where they are off", async () => {
    const mentions = [mention()];
    expect(await judge([mentionItem()], { mentions })).toEqual([]);
    expect(await judge([mentionItem(), mentionItem()], { mentions })).toEqual([
      "is in the mailbox 2 times",
    ]);
    expect(await judge([mentionItem()], {})).toEqual([expect.stringMatching(/^invented: /)]);
    expect(await judge([], {})).toEqual([]);
  });

  it("is missed where a window of its time was asked for, and no gap has it", async () => {
    const missed = ["names the account, is not in the mailbox, and lies in no reported gap"];
    const gap = { start: "2026-03-01T10:00:00Z", end: "2026-03-01T10:30:00Z", reason: "X is away" };
    expect(await judge([], { mentions: [mention()] })).toEqual(missed);
    expect(await judge([], { mentions: [mention()], gaps: [gap] })).toEqual([]);
    const before = mention({ createdAt: "2026-03-01T09:59:59.000Z" });
    expect(await judge([], { mentions: [before] })).toEqual([]);
  });

  it.each<[string, Partial<TruePost>, Partial<Item>, string]>([
    ["that answers the account", { answersUser: "42" }, {}, "ItemType is Mention, must be Menti"],
    ["that answers somebody else", {}, { ItemType: "MentionReply" }, "must be Mention"],
    [
      "of another sender",
      {},
      { Sender: sampleParty("42", "Harbour") },
      "Sender.Id is 42, must be 50",
    ],
    ["in its author's container", {}, { ContainerId: "50" }, "ContainerId is 50, must be 42"],
    ["without the account as a recipient", {}, { Recipients: [] }, "@harbour is not among"],
    ["at another time", {}, { SentTimeUtc: "2026-03-01T11:00:05Z" }, "SentTimeUtc is"],
    ["with less text", { text: "Well done, really @harbour" }, {}, "the text is not complete"],
    [
      "without what it quotes",
      { references: [{ type: "quoted", id: "9", post: samplePost({ id: "9", text: "Tides" }) }] },
      {},
      "the text of context 9 is not complete",
    ],
  ])("%s is found out", async (_what, truth, item, problem) => {
    const found = await judge([mentionItem(item)], { mentions: [mention(truth)] });
    expect(found.join("\n")).toContain(problem);
  });

  it("that no archived page has is found out", async () => {
    const evidence = await gather(directory, new Map([...standardItems(), ["60", mentionItem()]]));
    const { problems } = check({ ...evidence, mentions: [mention()] });
    expect(problems).toEqual([{ postId: "60", what: "is on no archived page" }]);
  });
});

const QUAY = "picture of the quay";
const SHIP = "picture of a ship";

function profile(changes: Partial<TrueProfile> = {}): TrueProfile {
  return {
    account: { id: "42", name: "Harbour Office", username: "harbour" },
    about: { text: "Tides: https://t.co/t", expandedText: "Tides: https://tides.example" },
    facts: ["North Quay", "https://harbour.example"],
    isProtected: false,
    pictures: [{ of: "picture", url: "https://pbs.twimg.com/1/a_normal.jpg", sha256: hash(QUAY) }],
    ...changes,
  };
}

function shownAt(minute: number, changes: Partial<TrueProfile> = {}): ShownProfile {
  const time = `2026-03-01T12:${String(minute).padStart(2, "0")}:00.000Z`;
  return { profile: profile(changes), first: time, last: time };
}

function profileItem(minute: number, changes: Partial<Item> & { before?: number } = {}): Item {
  const { before, ...others } = changes;
  const stamp = (of: number) => `profile-42-20260301T12${String(of).padStart(2, "0")}01Z`;
  return sampleItem({
    Id: stamp(minute),
    ItemType: "Profile",
    ThreadId: "profile-42",
    ParentId: before === undefined ? null : stamp(before),
    SentTimeUtc: `2026-03-01T12:${String(minute).padStart(2, "0")}:01Z`,
    Content: `Harbour Office @harbour\nTides: https://tides.example\nNorth Quay\nhttps://harbour.example\nProtected: no${sampleRecord("harbour", "1")}`,
    ContentAttachments: [sampleAttachment("picture.jpg", QUAY)],
    ...others,
  });
}

const RENAMED = { account: { id: "42", name: "Port Office", username: "harbour" } };
const renamedItem = profileItem(7, {
  before: 3,
  Content: profileItem(7).Content.replace("Harbour Office", "Port Office"),
});

describe("a profile", () => {
  it("is in the mailbox once for each that X showed", async () => {
    const two = [shownAt(3), shownAt(7, RENAMED)];
    expect(await judge([profileItem(3), renamedItem], { profiles: two })).toEqual([]);
    expect(await judge([profileItem(3)], { profiles: two })).toEqual([
      "X showed 2 profiles one after the other, and 1 are in the mailbox",
      "the profile that X showed at 2026-03-01T12:07:00.000Z is in no mail",
    ]);
    const again = profileItem(5, { before: 3 });
    expect(await judge([profileItem(3), again], { profiles: [shownAt(3)] })).toEqual([
      "X showed 1 profiles one after the other, and 2 are in the mailbox",
    ]);
    expect(await judge([profileItem(3)], { profiles: [] })).toEqual([
      "X showed 0 profiles one after the other, and 1 are in the mailbox",
      expect.stringMatching(/^invented: .* is of no profile that X showed$/),
    ]);
  });

  it.each<[string, Partial<TrueProfile>, Partial<Item>, string]>([
    ["without a fact", { facts: ["since 1873"] }, {}, '"since 1873" is missing'],
    ["without its words", { about: { text: "Gone", expandedText: "Gone" } }, {}, "not complete"],
    ["without the handle", {}, { Content: "Harbour Office harbour" }, '"@harbour" is missing'],
    ["without its record", {}, { Content: "Harbour Office @harbour" }, "has 0 records"],
    [
      "with a record of its own",
      {},
      { Content: profileItem(3).Content + sampleRecord("harbour", "1") },
      "has 2 records",
    ],
    ["that hides that it is protected", { isProtected: true }, {}, "that it is protected"],
    [
      "with a cut picture",
      {},
      { ContentAttachments: [sampleAttachment("a.jpg", QUAY.slice(1))] },
      "its picture is not attached as X serves it",
    ],
    [
      "with a picture of somebody else",
      {},
      { ContentAttachments: [QUAY, SHIP].map((file) => sampleAttachment("b.jpg", file)) },
      "b.jpg is none of its pictures",
    ],
    [
      "that keeps a lost picture quiet",
      { pictures: [{ of: "banner", url: "https://pbs.twimg.com/1/2" }] },
      { ContentAttachments: null },
      "its banner cannot be had, and the mail does not say so",
    ],
    [
      "under another id",
      {},
      { Id: "profile-1" },
      "Id is profile-1, must be profile-42-20260301T120301Z",
    ],
    ["in no thread", {}, { ThreadId: null }, "ThreadId is null, must be profile-42"],
    ["that follows none", {}, { ParentId: "profile-0" }, "ParentId is profile-0, must be null"],
    ["of another sender", {}, { Sender: sampleParty("50", "Mate") }, "Sender.Id is 50, must be 42"],
    ["to somebody", {}, { Recipients: [sampleParty("50", "Mate")] }, "it has Recipients"],
    ["with a context", {}, { PreContext: [sampleItem()] }, "it has a context"],
    [
      "at another time",
      {},
      { SentTimeUtc: "2026-03-01T12:10:01Z", Id: "profile-42-20260301T121001Z" },
      "is not when X showed it",
    ],
  ])("%s is found out", async (_what, truth, item, problem) => {
    const found = await judge([profileItem(3, item)], { profiles: [shownAt(3, truth)] });
    expect(found.join("\n")).toContain(problem);
  });
});

const POLL = [
  { label: "Yes & no", votes: 12 },
  { label: "No", votes: 1340 },
];

function finding(changes: Partial<TrueFinding> = {}): TrueFinding {
  const post = samplePost({ id: "1", text: "Ferry is late", media: [] });
  return { kind: "Deletion", post, since: "2026-03-02T00:00:00.000Z", votes: [], ...changes };
}

const TIMES = [1, 2, 3, 4].map((hour) => `2026-03-02 0${hour}:00:00 UTC`);
const DELETION =
  `X no longer shows this post. Last seen ${TIMES[0]}, missing from the timeline at ${TIMES[1]}, ` +
  `not found by id at ${TIMES[2]} and ${TIMES[3]}.`;

function findingItem(id: string, type: string, content: string, changes: Partial<Item> = {}): Item {
  return sampleItem({
    Id: id,
    ItemType: type,
    ThreadId: "1",
    ParentId: "1",
    SentTimeUtc: "2026-03-02T00:00:00Z",
    Content: content,
    PreContext: [sampleItem({ Id: "1" })],
    ...changes,
  });
}

const gone = (content = DELETION, changes: Partial<Item> = {}) =>
  findingItem("gone-1", "Deletion", content, changes);
const back = (n: number) => findingItem(`back-1-${n}`, "Reappearance", "X shows this post again.");

describe("what became of a post", () => {
  it("is in the mailbox once where the connector looks again, and else not at all", async () => {
    const watched = [finding()];
    expect(await judge([gone()], { watched })).toEqual([]);
    expect(await judge([gone(), gone()], { watched })).toEqual(["is in the mailbox 2 times"]);
    expect(await judge([], { watched })).toEqual([
      "the Deletion of post 1 since 2026-03-02T00:00:00.000Z is in no mail",
    ]);
    expect(await judge([gone()], { watched: [] })).toEqual([
      expect.stringMatching(/^invented: Deletion of .* tells what X did not show$/),
    ]);
    expect(await judge([gone()], {})).toEqual([expect.stringMatching(/^invented: /)]);
  });

  it("is numbered where a post comes back again and again", async () => {
    const watched = [finding({ kind: "Reappearance" }), finding({ kind: "Reappearance" })];
    expect(await judge([back(1), back(2)], { watched })).toEqual([]);
    expect(await judge([back(1)], { watched })).toEqual([
      expect.stringContaining("the Reappearance of post 1"),
    ]);
  });

  it("is how its poll ended, answer by answer", async () => {
    const watched = [finding({ kind: "PollResult", votes: POLL })];
    const item = (said: string, changes: Partial<Item> = {}) =>
      findingItem("poll-1", "PollResult", said, changes);
    const said = "Yes & no: 12 votes\nNo: 1,340 votes";
    expect(await judge([item(said)], { watched })).toEqual([]);
    expect(await judge([item(said.replace("12", "120"))], { watched })).toEqual([
      'that "Yes & no" has 12 votes is missing',
    ]);
    const late = { SentTimeUtc: "2026-03-02T00:05:00Z" };
    expect(await judge([item(said, late)], { watched })).toEqual([
      "SentTimeUtc is 2026-03-02T00:05:00Z, the poll ended at 2026-03-02T00:00:00.000Z",
    ]);
  });

  it.each<[string, Item, string]>([
    ["as another type", { ...gone(), ItemType: "Reappearance" }, "ItemType is Reappearance"],
    ["with a culprit", gone(`${DELETION} It was deleted by the account.`), "it says who did it"],
    ["in other words", gone(DELETION.replace("no longer shows", "hides")), "X no longer shows"],
    ["after one look", gone(DELETION.replace(TIMES[3] ?? "", "then")), "asked for twice"],
    ["without the post", gone(DELETION, { PreContext: null }), "as it was is not complete"],
    [
      "with the post cut",
      gone(DELETION, {
        PreContext: [sampleItem({ Id: "1", Content: sampleRecord("harbour", "1") })],
      }),
      "as it was is not complete",
    ],
    [
      "with another post",
      gone(DELETION, { PreContext: [sampleItem({ Id: "3" })] }),
      "its context is",
    ],
    ["in another thread", gone(DELETION, { ThreadId: "gone-1" }), "ThreadId is gone-1, must be 1"],
    ["after no post", gone(DELETION, { ParentId: null }), "ParentId is null, must be 1"],
    ["of another sender", gone(DELETION, { Sender: sampleParty("50", "M") }), "Sender.Id is 50"],
    [
      "to somebody",
      gone(DELETION, { Recipients: [sampleParty("50", "M")] }),
      "its Recipients is 50",
    ],
    [
      "with its media again",
      gone(DELETION, { ContentAttachments: [sampleAttachment("a.jpg", QUAY)] }),
      "it has attachments",
    ],
  ])("%s is found out", async (_what, item, problem) => {
    const found = await judge([item], { watched: [finding()] });
    expect(found.join("\n")).toContain(problem);
  });
});

function hash(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}
