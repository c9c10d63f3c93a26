import { describe, expect, it } from "vitest";
import { contextOf, parseItem } from "./item.ts";
import { sampleAttachment, sampleItem, sampleParty } from "./testing/samples.ts";

describe("an uploaded item", () => {
  it("is taken when it keeps every rule, with context and attachments", () => {
    const inner = sampleItem({ Id: "7", ContentAttachments: [sampleAttachment("a.jpg", "bytes")] });
    const item = sampleItem({ PreContext: [sampleItem({ Id: "8", PostContext: [inner] })] });
    expect(parseItem(toFile(item)).problems).toEqual([]);
    expect(contextOf(item).map(({ Id }) => Id)).toEqual(["8", "7"]);
  });

  it.each([
    ["a time without Z", { SentTimeUtc: "2026-03-01T10:00:05" }, "SentTimeUtc: must be an ISO"],
    ["a time with an offset", { SentTimeUtc: "2026-03-01T10:00:05+00:00" }, "SentTimeUtc"],
    ["a time without seconds", { SentTimeUtc: "2026-03-01T10:00Z" }, "SentTimeUtc"],
    ["a day that is none", { SentTimeUtc: "2026-02-30T10:00:05Z" }, "SentTimeUtc"],
    ["an enum by name", { ContentType: "Text" }, "ContentType"],
    ["an unknown content type", { ContentType: 2 }, "ContentType"],
    ["another source", { SourceType: "twitter" }, "SourceType"],
    ["another version", { SchemaVersion: "1" }, "SchemaVersion"],
    ["an id that is a number", { Id: 12 }, "Id"],
    ["an empty id", { Id: "" }, "Id"],
    ["an empty container", { ContainerId: "" }, "ContainerId"],
    ["likes that are no integer", { NumOfLikes: 1.5 }, "NumOfLikes"],
    ["no likes", { NumOfLikes: null }, "NumOfLikes"],
    ["recipients that are null", { Recipients: null }, "Recipients"],
    ["a missing member", { PostContext: undefined }, "PostContext"],
    ["a member of its own", { Extra: 1 }, "body: Unrecognized key"],
    ["a sender without id", { Sender: sampleParty("", "x") }, "Sender.Id"],
    ["a sender with less members", { Sender: { Id: "1", Name: "x" } }, "Sender.MobileNumber"],
    [
      "an attachment that is not base64",
      { ContentAttachments: [{ ...sampleAttachment("a.jpg", "x"), Content: "a_b-" }] },
      "ContentAttachments.0.Content: must be base64",
    ],
    [
      "an attachment without a name",
      { ContentAttachments: [{ ...sampleAttachment("a.jpg", "x"), AttachmentFileName: null }] },
      "ContentAttachments.0.AttachmentFileName",
    ],
    [
      "a broken item in its context",
      { PreContext: [sampleItem({ SentTimeUtc: "yesterday" })] },
      "PreContext.0.SentTimeUtc",
    ],
  ])("is refused with %s", (_what, changes, problem) => {
    const { problems } = parseItem(toFile({ ...sampleItem(), ...changes }));
    expect(problems.join("\n")).toContain(problem);
  });

  it.each([
    ["is no JSON", Buffer.from("{"), "not JSON"],
    ["is not UTF-8", Buffer.from([0x22, 0xff, 0x22]), "not JSON in UTF-8"],
    ["is over 10 MB", Buffer.alloc(10_000_001, 0x20), "10000001 bytes, over 10000000"],
  ])("is refused when it %s", (_what, file, problem) => {
    expect(parseItem(file).problems.join()).toContain(problem);
  });

  it("is taken with a large attachment, just under the limit", () => {
    const attachment = sampleAttachment("film.mp4", Buffer.alloc(7_400_000, 7), "video");
    expect(parseItem(toFile(sampleItem({ ContentAttachments: [attachment] }))).problems).toEqual(
      [],
    );
  });
});

function toFile(item: object): Buffer {
  return Buffer.from(JSON.stringify(item));
}
