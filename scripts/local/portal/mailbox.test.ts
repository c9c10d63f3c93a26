import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { assert, asyncProperty, string } from "fast-check";
import { z } from "zod";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { normalise } from "../check/expected.ts";
import { parseMail, readMailbox } from "../check/read-mailbox.ts";
import type { Item } from "./item.ts";
import { nameFile, openMailbox } from "./mailbox.ts";
import { sampleAttachment, sampleItem, sampleParty } from "./testing/samples.ts";

/** Real posts are only ever read from outside the repository. */
const REAL_POSTS = new URL(
  "../../../../shared/data/reuters-2020-01-22.posts.ndjson",
  import.meta.url,
);

const TIME = "2026-03-01T10:00:05Z";
let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "mailbox-"));
});

afterEach(() => rm(directory, { recursive: true }));

describe("the mailbox", () => {
  it("keeps an item as a message that a mail program reads", async () => {
    const mail = await addAndRead(sampleItem({ Recipients: [sampleParty("9", null)] }));
    expect(mail).toMatchObject({
      file: "20260301T100005Z-1001.eml",
      postId: "1001",
      account: "42",
      permalink: "https://x.com/harbour/status/1001",
      itemType: "Post",
      modificationTime: TIME,
      date: "2026-03-01T10:00:05.000Z",
      from: { name: "Harbour Office", address: "harbour@x.invalid" },
      subject: "Post: Ferry is late",
      attachments: [],
    });
  });

  it.each([
    ["accents, emoji and other scripts", "Größe 🚢👩‍👩‍👧 مرحبا — e\u0301 \u{1F1EB}\u{1F1EE}"],
    ["one very long word", "x".repeat(5000)],
    ["dots, From and soft breaks", "From here\n.\n..two\n= sign =20\n-- \nend "],
    ["empty lines and spaces", "  two  spaces\n\n\nthree lines\ttab"],
  ])("keeps %s", async (_what, text) => {
    const mail = await addAndRead(sampleItem({ Content: text }));
    expect(mail.text.replaceAll("\r\n", "\n").trimEnd()).toBe(text.trimEnd());
  });

  it("keeps any text, but for white space", async () => {
    const text = string({ unit: "grapheme", minLength: 1, maxLength: 200 });
    let id = 0;
    await assert(
      asyncProperty(text, async (content) => {
        id += 1;
        const mail = await addAndRead(sampleItem({ Id: String(id), Content: content }));
        expect(normalise(mail.text)).toBe(normalise(content));
      }),
      { numRuns: 50 },
    );
  });

  // Skipped where the real posts are not at hand.
  it.skipIf(!existsSync(REAL_POSTS))("keeps every real post's text", async () => {
    const post = z.looseObject({ id: z.string(), text: z.string() });
    const lines = (await readFile(REAL_POSTS, "utf8")).trim().split("\n");
    const posts = lines.map((line) => post.parse(JSON.parse(line)));
    const mailbox = await openMailbox(directory);
    for (const { id, text } of posts) {
      await mailbox.add(sampleItem({ Id: id, Content: text }), TIME);
    }
    const texts = new Map((await readMailbox(directory)).map((mail) => [mail.postId, mail.text]));
    const changed = posts.filter(
      ({ id, text }) => normalise(texts.get(id) ?? "") !== normalise(text),
    );
    expect(changed).toEqual([]);
  });

  it("keeps context after the content, and its attachments byte for byte", async () => {
    const bytes = Buffer.from([0, 255, 13, 10, 46, 13, 10, 1]);
    const context = sampleItem({
      Id: "900",
      ItemType: "Quoted",
      Content: "<b>Low</b> tide &amp; fog",
      ContentType: 0,
      ContentAttachments: [sampleAttachment("tide-ö.png", bytes, "photo")],
    });
    const mail = await addAndRead(sampleItem({ PreContext: [context] }));
    expect(mail.text).toMatch(/Ferry is late[^]*Context: Quoted 900 by Harbour[^]*Low tide & fog/);
    expect(mail.attachments).toMatchObject([
      { fileName: "tide-ö.png", mimeType: "image/png", bytes: bytes.length },
    ]);
  });

  it("gives the same bytes for the same item", async () => {
    const first = await addAndRead(sampleItem());
    const bytes = await readFile(path.join(directory, first.file));
    await rm(path.join(directory, first.file));
    const again = await addAndRead(sampleItem());
    expect(await readFile(path.join(directory, again.file))).toEqual(bytes);
  });

  it("writes lines that end in CRLF, whatever ends them in the item", async () => {
    const { file } = await addAndRead(sampleItem({ Content: "One\ntwo\r\nthree\n\nfour" }));
    const bytes = await readFile(path.join(directory, file), "latin1");
    expect(bytes.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  });

  it("refers an answer to its conversation and to what it answers, and a beginning to nothing", async () => {
    const headersOf = async (item: Item) => {
      const { file } = await addAndRead(item);
      const head = (await readFile(path.join(directory, file), "latin1")).split("\r\n\r\n", 1)[0];
      return head?.match(/^(?:References|In-Reply-To): .*$/gm);
    };
    expect(await headersOf(sampleItem({ Id: "1", ThreadId: "1" }))).toBeNull();
    expect(await headersOf(sampleItem({ Id: "3", ThreadId: "1", ParentId: "2" }))).toEqual([
      "In-Reply-To: <2@x.invalid>",
      "References: <1@x.invalid>",
    ]);
  });

  it("takes no permalink that the author wrote for the record's", async () => {
    const forged = "https://x.com/forger/status/1001";
    const item = sampleItem();
    const mail = await addAndRead({ ...item, Content: `${forged} ${item.Content}` });
    expect(mail.permalink).toBe("https://x.com/harbour/status/1001");
  });

  it("knows what it holds when it is opened again, and numbers versions", async () => {
    await addAndRead(sampleItem());
    const later = "2026-03-02T00:00:00Z";
    const mailbox = await openMailbox(directory);
    expect(mailbox.versions("1001")).toEqual([TIME]);
    expect(await mailbox.add(sampleItem(), later)).toBe("20260301T100005Z-1001-2.eml");
    expect((await openMailbox(directory)).versions("1001")).toEqual([TIME, later]);
  });

  it("lets no id lead out of its folder", () => {
    expect(nameFile({ Id: "../../etc", SentTimeUtc: TIME }, 3)).toBe(
      "20260301T100005Z-______etc-3.eml",
    );
  });

  it("takes no quoted post's permalink for the post's own", async () => {
    const mail = await addAndRead(sampleItem({ Content: "https://x.com/harbour/status/10015" }));
    expect(mail.permalink).toBe("");
    expect(mail.from.address).toBe("42@x.invalid");
  });
});

async function addAndRead(item: Item) {
  const mailbox = await openMailbox(directory);
  const file = await mailbox.add(item, TIME);
  return parseMail(file, await readFile(path.join(directory, file)));
}
