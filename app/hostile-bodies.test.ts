import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Harness, startHarness } from "./testing/harness.ts";
import { downloadRequest, postJson } from "./testing/platform-calls.ts";
import { expectRefused } from "./testing/refusals.ts";

const DOWNLOAD = "/data/OnDownloadRequest";

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
  await harness.addJob("job-1");
});
afterAll(() => harness.close());

describe("A body that costs more than it says", () => {
  it.each<[string, string, string]>([
    ["lists in lists", `{"New":${nested("[", "]", 1_000_000)}}`, "nested too deeply"],
    ["objects in objects", nested('{"a":', "}", 500_000, "1"), "nested too deeply"],
    ["lists that never end", "[".repeat(4_000_000), "nested too deeply"],
    ["many members", `{${'"a":0,'.repeat(1_000_000)}"b":0}`, "too many members"],
    ["many numbers as ids", `{"DirtyEntities":[${"0,".repeat(2_000_000)}0]}`, ""],
    ["many words as ids", `{"DirtyEntities":[${'"x",'.repeat(190_000)}"x"]}`, ""],
    ["a number with many digits", `{"JobId":${"9".repeat(2_000_000)}}`, "too many digits"],
    ["a number with many digits, within", `{"New":[[{"a":${"9".repeat(2_000_000)}}]]}`, "digits"],
    ["many members within a list", `{"New":[${'{"a":0},'.repeat(500_000)}{}]}`, "too many members"],
    ["a word that never ends", `{"JobId":"${"\\u0000".repeat(1_000_000)}`, "not JSON"],
  ])("is refused in less than a second: %s", async (_title, body, words) => {
    const response = await expectRefused(harness, DOWNLOAD, postJson(body));
    expect(await response.text()).toContain(words);
  });

  it("may be a little deeper than the contract, and have brackets in its words", async () => {
    const more = { New: [[[[[["x"]]]]]], Words: `${"[{".repeat(100)}\\"` };
    const response = await harness.app.request(
      DOWNLOAD,
      postJson(downloadRequest({ TaskId: "deep", ...more })),
    );
    expect(response.status).toBe(200);
  });
});

describe("Bytes that are no UTF-8", () => {
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
  const json = JSON.stringify(downloadRequest({ TaskId: "bytes", New: "\u00ff" }));

  it.each<[string, Uint8Array<ArrayBuffer>]>([
    ["Latin-1", bytes(json)],
    ["UTF-16", new Uint8Array(Buffer.from(json, "utf16le"))],
    ["too long a form of a slash", bytes(json.replace("\u00ff", "\u00c0\u00af"))],
    ["half a character", bytes(json.replace("\u00ff", "\u00ed\u00a0\u0080"))],
    ["compressed", bytes("\u001f\u008b\u0008\u0000\u0000\u0000")],
  ])("are refused, not guessed at: %s", async (_title, body) => {
    const response = await expectRefused(harness, DOWNLOAD, { ...postJson(""), body });
    expect(await response.text()).toMatch(/The body: is not/);
  });

  it("may begin with a byte order mark, which is UTF-8", async () => {
    expect((await harness.app.request(DOWNLOAD, postJson(`\ufeff${json}`))).status).toBe(200);
  });
});

function nested(open: string, close: string, depth: number, inner = ""): string {
  return open.repeat(depth) + inner + close.repeat(depth);
}
