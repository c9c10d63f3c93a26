import { existsSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { normalise } from "../../scripts/local/check/expected.ts";
import type { LocalX, TruePost } from "../../scripts/local/contracts.ts";
import { generateTimeline } from "../../scripts/local/x/generate.ts";
import { loadTimeline } from "../../scripts/local/x/load.ts";
import { startX } from "../../scripts/local/x/server.ts";
import { CALLBACK } from "../../scripts/local/x/testing/small-timeline.ts";
import type { Timeline } from "../../scripts/local/x/timeline.ts";
import { tellTruth } from "../../scripts/local/x/truth.ts";
import { capture } from "../capture/capture.ts";
import { postsOfWindow } from "../capture/posts.ts";
import type { Interval } from "../time/intervals.ts";
import { captureDepsOf, SOURCE } from "../testing/captures.ts";
import { PROVENANCE } from "../testing/deliveries.ts";
import { contractItem } from "../testing/contract-item.ts";
import { createParts, X_KEYS } from "../testing/harness.ts";
import { postToItem } from "./item.ts";
import type { Item } from "../import-service/item.ts";
import { RECORD_RULE, WITHHELD_NOTICE } from "./record.ts";
import { postsOf } from "../feeds/posts.ts";

const REAL = path.resolve(import.meta.dirname, "../../../shared/data");

let x: LocalX;
afterEach(() => x?.close());

/** Captures a whole timeline from the local X and maps it, oldest first. */
async function itemsFrom(
  timeline: Timeline,
  window: Interval,
  X_VOCABULARY: "tweet" | "post" = "tweet",
): Promise<Item[]> {
  await x?.close();
  x = await startX({ timeline, keys: X_KEYS, callbackUrl: CALLBACK, history: true });
  const parts = createParts(x.url, { X_VOCABULARY });
  const account = { id: x.account.id, name: x.account.name };
  const source = { ...SOURCE, accountId: account.id };
  const coverage = await capture(captureDepsOf(parts), source, window);
  const { jobId } = source;
  const captured = await Array.fromAsync(
    postsOfWindow(parts.store, { ...postsOf(jobId), window, coverage }),
  );
  return captured
    .map((post) => postToItem({ ...post, account, provenance: PROVENANCE, media: new Map() }))
    .toSorted((a, b) => (BigInt(a.Id) < BigInt(b.Id) ? -1 : 1));
}

const THREE_DAYS = { start: "2026-02-28T00:00:00Z", end: "2026-03-03T00:00:01Z" };

describe("The generated timeline, which has every shape of post,", () => {
  it("gives the same items in either vocabulary", async () => {
    const timeline = { ...generateTimeline(), script: [] };
    const old = await itemsFrom(timeline, THREE_DAYS, "tweet");
    const renamed = await itemsFrom(timeline, THREE_DAYS, "post");
    expect(old).toHaveLength(timeline.posts.length);
    expect(renamed).toEqual(old);
  });

  it("gives items that say what X's truth says", async () => {
    const timeline = { ...generateTimeline(), script: [] };
    const items = await itemsFrom(timeline, THREE_DAYS);
    expect(items).toHaveLength(timeline.posts.length);
    expect(differences(timeline, items)).toEqual([]);
  });
});

it.skipIf(!existsSync(REAL))("Real posts give items that say what they say", async () => {
  const timeline = await loadTimeline({
    posts: path.join(REAL, "reuters-2020-01-22.posts.ndjson"),
    users: path.join(REAL, "reuters-2020-01-22.users.json"),
  });
  const window = { start: "2020-01-01T00:00:00Z", end: "2020-02-01T00:00:00Z" };
  const items = await itemsFrom(timeline, window);
  expect(items).toHaveLength(500);
  expect(items.filter((item) => !contractItem.safeParse(item).success)).toEqual([]);
  expect(differences(timeline, items)).toEqual([]);
  const short = items.filter((item) => wordsIn(item).includes("https://t.co/"));
  expect(short.map(({ Id }) => Id)).toEqual([]);
});

/** What items say otherwise than X's truth, in words. */
function differences(timeline: Timeline, items: Item[]): string[] {
  const byId = new Map(items.map((item) => [item.Id, item]));
  // The bytes of media play no part here, and take time to make.
  const truth = tellTruth(timeline, { at: () => undefined });
  return truth.flatMap((post) => difference(post, byId.get(post.id)));
}

function difference(post: TruePost, item: Item | undefined): string[] {
  if (!item) {
    return [`${post.id}: no item`];
  }
  const parent = post.references.find(({ type }) => type === "replied_to")?.id ?? null;
  const handed = post.references.flatMap((reference) => reference.post ?? []);
  const facts: [string, unknown, unknown][] = [
    ["SentTimeUtc", item.SentTimeUtc, `${post.createdAt.slice(0, 19)}Z`],
    ["ThreadId", item.ThreadId, post.conversationId],
    ["ParentId", item.ParentId, parent],
    ["Sender", item.Sender.Id, post.author.id],
    ["Name", item.Sender.Name, `${post.author.name} (@${post.author.username})`],
    ["text", normalise(wordsIn(item)).startsWith(normalise(textOf(post))), true],
    ["PreContext", (item.PreContext ?? []).map(({ Id }) => Id), handed.map(({ id }) => id)],
  ];
  const recipients = new Set(item.Recipients.map(({ Id }) => Id));
  return [
    ...facts
      .filter(([, said, truth]) => JSON.stringify(said) !== JSON.stringify(truth))
      .map(([name, said]) => `${post.id}: ${name} is ${JSON.stringify(said)}`),
    ...post.mentions
      .filter(({ id }) => !recipients.has(id))
      .map(({ username }) => `${post.id}: @${username} is no recipient`),
  ];
}

function wordsIn({ Content }: Item): string {
  const [words = ""] = Content.split(`\n\n${RECORD_RULE}\n`, 1);
  return words.replace(`${WITHHELD_NOTICE}\n\n`, "");
}

function textOf({ expandedText, references }: TruePost): string {
  const original = references.find(({ type }) => type === "retweeted")?.post;
  return `${original ? `RT @${original.author.username}: ` : ""}${expandedText}`;
}
