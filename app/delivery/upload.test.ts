import { createHash } from "node:crypto";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { describeError } from "../errors.ts";
import {
  type RecordedAnswer,
  type RecordingServer,
  startRecordingServer,
} from "../testing/serve-recording.ts";
import { SILENCES, startSilentServer } from "../testing/silent-server.ts";
import { createUpload } from "./upload.ts";

const SIGNATURE = "c2lnbmF0dXJlIG9mIGEgU0FT%2B%2F%3D";

describe("An upload", () => {
  let server: RecordingServer;
  afterEach(() => server.close());

  const BODY = Buffer.from('{"Id":"1","Content":"é"}');

  async function upload(answer: RecordedAnswer | undefined, folder = "job-1/task-1") {
    server = await startRecordingServer(() => answer);
    const uri = `${server.url}/tenant?sv=2024-11-04&sp=w&se=2026-06-02&sig=${SIGNATURE}`;
    return createUpload(uri, folder)("1.json", BODY);
  }

  it("is one JSON blob in the task's folder, under the SAS as it came", async () => {
    await upload({ status: 201 });
    expect(server.requests).toHaveLength(1);
    const [request] = server.requests;
    const url = new URL(request?.url ?? "", server.url);
    expect(request?.method).toBe("PUT");
    expect(url.pathname).toBe("/tenant/job-1/task-1/1.json");
    expect(url.search).toContain(`sig=${SIGNATURE}`);
    expect(request?.headers).toMatchObject({
      "x-ms-blob-type": "BlockBlob",
      "x-ms-blob-content-type": "application/json",
    });
    expect(request?.headers).not.toHaveProperty("authorization");
    expect(request?.body.equals(BODY)).toBe(true);
  });

  it("stays in its folder, whatever signs are in the ids", async () => {
    await upload({ status: 201 }, "job 1#?/täsk");
    const { pathname } = new URL(server.requests[0]?.url ?? "", server.url);
    expect(decodeURIComponent(pathname)).toBe("/tenant/job 1#?/täsk/1.json");
  });

  it.each([401, 403, 404])(
    "that is refused with %d makes the SAS unusable, and quotes nothing of it",
    async (status) => {
      const headers = {
        "content-type": "application/xml",
        "x-ms-error-code": "AuthorizationFailure",
      };
      const body = `<Error><Code>AuthorizationFailure</Code><Message>sig=${SIGNATURE}</Message></Error>`;
      const error: unknown = await upload({ status, headers, body }).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({
        code: "sas-unusable",
        message: expect.stringMatching(new RegExp(`${status}$`)) as unknown,
      });
      const said = JSON.stringify(describeError(error)) + String(error);
      expect(said).not.toMatch(/sig=|c2lnbmF0dXJl/);
    },
  );

  it.each<[string, RecordedAnswer | undefined, string, number]>([
    ["409 without a reason", { status: 409 }, "upload-refused", 1],
    ["412, as for a blob that is leased", { status: 412 }, "upload-refused", 1],
    ["400", { status: 400 }, "upload-refused", 1],
    ["413", { status: 413 }, "upload-refused", 1],
    ["403", { status: 403 }, "sas-unusable", 1],
    ["408", { status: 408 }, "upload-unavailable", 6],
    ["429", { status: 429 }, "upload-unavailable", 6],
    ["500", { status: 500 }, "upload-unavailable", 6],
    ["503", { status: 503 }, "upload-unavailable", 6],
    ["a cut connection", undefined, "upload-unavailable", 6],
  ])("that meets %s is tried as often as it makes sense", async (_what, answer, code, tries) => {
    server = await startRecordingServer(() => answer);
    await expect(patientUpload()).rejects.toMatchObject({ name: "ConnectorError", code });
    expect(server.requests).toHaveLength(tries);
  });

  it.each<[string, RecordedAnswer | undefined]>([
    ["503", { status: 503 }],
    ["a cut connection", undefined],
  ])("that gets through after %s is done", async (_what, fault) => {
    const answers = [fault, fault, { status: 201 }];
    server = await startRecordingServer(() => answers.shift());
    await patientUpload();
    expect(server.requests).toHaveLength(3);
    expect(server.requests[2]?.body.equals(BODY)).toBe(true);
  });

  describe("of an item that is there already and may not be overwritten", () => {
    const MD5 = createHash("md5").update(BODY).digest("base64");
    const there = (code: string, status: number): RecordedAnswer => ({
      status,
      headers: { "x-ms-error-code": code, "content-type": "application/xml" },
      body: `<Error><Code>${code}</Code><Message>sig=${SIGNATURE}</Message></Error>`,
    });
    const OVERWRITE = there("UnauthorizedBlobOverwrite", 403);
    const properties = (length: number, md5: string): RecordedAnswer => ({
      status: 200,
      headers: { "content-length": String(length), "content-md5": md5 },
    });
    const listing = (name: string, length: number, md5: string): RecordedAnswer => ({
      status: 200,
      headers: { "content-type": "application/xml" },
      body: `<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs><Blob><Name>${name}</Name><Properties><Content-Length>${length}</Content-Length><Content-MD5>${md5}</Content-MD5><BlobType>BlockBlob</BlobType></Properties></Blob></Blobs><NextMarker/></EnumerationResults>`,
    });

    it.each<[string, string, RecordedAnswer]>([
      ["may create alone", "c", OVERWRITE],
      ["may create, in Azurite's words", "c", there("AuthorizationPermissionMismatch", 403)],
      ["may create and add", "ac", OVERWRITE],
      ["meets a condition", "w", there("BlobAlreadyExists", 409)],
      ["meets a policy of its container", "w", there("BlobImmutableDueToPolicy", 409)],
    ])("is done, and says that nobody could look: a SAS that %s", async (_what, sp, refusal) => {
      expect(await uploadInto(sp, { PUT: refusal })).toEqual({ unparseable: ["1.json"] });
      expect(server.requests).toHaveLength(1);
    });

    it.each<[string, string, Partial<Record<string, RecordedAnswer>>]>([
      ["read", "cr", { HEAD: properties(BODY.byteLength, MD5) }],
      ["read and list", "rcl", { HEAD: properties(BODY.byteLength, MD5) }],
      ["list", "cl", { GET: listing("job-1/task-1/1.json", BODY.byteLength, MD5) }],
    ])("is done where a SAS that may %s finds the same bytes", async (_what, sp, answers) => {
      expect(await uploadInto(sp, { PUT: OVERWRITE, ...answers })).toEqual({ unparseable: [] });
      expect(server.requests).toHaveLength(2);
    });

    it.each<[string, string, Partial<Record<string, RecordedAnswer>>]>([
      ["another length", "cr", { HEAD: properties(7, MD5) }],
      ["other bytes", "cr", { HEAD: properties(BODY.byteLength, "1B2M2Y8AsgTpgAmY7PhCfg==") }],
      ["another length, in a list", "cl", { GET: listing("job-1/task-1/1.json", 7, MD5) }],
    ])("says so where it has %s", async (_what, sp, answers) => {
      const error: unknown = await uploadInto(sp, { PUT: OVERWRITE, ...answers }).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({
        code: "upload-name-taken",
        message: expect.stringMatching(
          /holds 1\.json with other bytes .* instead of 25/,
        ) as unknown,
      });
      expect(JSON.stringify(describeError(error)) + String(error)).not.toMatch(/sig=|c2lnbmF0/);
    });

    it.each<[string, string, Partial<Record<string, RecordedAnswer>>, string]>([
      [
        "a SAS that may overwrite",
        "w",
        { PUT: there("AuthorizationPermissionMismatch", 403) },
        "sas-unusable",
      ],
      ["a SAS that has expired", "c", { PUT: there("AuthenticationFailed", 403) }, "sas-unusable"],
      [
        "a network that is not let in",
        "c",
        { PUT: there("AuthorizationFailure", 403) },
        "sas-unusable",
      ],
      ["a lease", "c", { PUT: there("LeaseIdMissing", 412) }, "upload-refused"],
      [
        "an item that is not there after all",
        "cr",
        { PUT: OVERWRITE, HEAD: { status: 404 } },
        "sas-unusable",
      ],
      [
        "a list that does not name it",
        "cl",
        { PUT: OVERWRITE, GET: listing("job-1/task-1/1.json2", 7, MD5) },
        "sas-unusable",
      ],
    ])("is not believed of %s", async (_what, sp, answers, code) => {
      await expect(uploadInto(sp, answers)).rejects.toMatchObject({ code });
    });

    it("may look though its SAS says less than its policy refuses", async () => {
      const refused = there("AuthorizationPermissionMismatch", 403);
      const answers = { PUT: OVERWRITE, HEAD: refused };
      expect(await uploadInto("cr", answers)).toEqual({ unparseable: ["1.json"] });
    });

    it("is tried again where looking meets an outage", async () => {
      const looks = [{ status: 503 }, undefined, properties(BODY.byteLength, MD5)];
      const answers = { PUT: OVERWRITE, HEAD: () => looks.shift() };
      expect(await uploadInto("cr", answers)).toEqual({ unparseable: [] });
      expect(server.requests.map(({ method }) => method)).toEqual(
        Array.from({ length: 3 }, () => ["PUT", "HEAD"]).flat(),
      );
    });

    it("is the write whose answer was lost", async () => {
      const answers = [undefined, OVERWRITE];
      expect(await uploadInto("c", { PUT: () => answers.shift() })).toEqual({
        unparseable: ["1.json"],
      });
    });

    type Script = RecordedAnswer | (() => RecordedAnswer | undefined) | undefined;

    async function uploadInto(sp: string, script: Partial<Record<string, Script>>) {
      server = await startRecordingServer(({ method }) => {
        const answer = script[method];
        return typeof answer === "function" ? answer() : answer;
      });
      const unparseable: string[] = [];
      const uri = `${server.url}/tenant?sv=2024-11-04&sp=${sp}&se=2026-06-02&sig=${SIGNATURE}`;
      const options = { firstRetryMs: 1, onUnread: (name: string) => void unparseable.push(name) };
      await createUpload(uri, "job-1/task-1", options)("1.json", BODY);
      return { unparseable };
    }
  });

  function patientUpload(): Promise<void> {
    const uri = `${server.url}/tenant?sv=2024-11-04&sp=w&se=2026-06-02&sig=${SIGNATURE}`;
    return createUpload(uri, "job-1/task-1", { firstRetryMs: 1 })("1.json", BODY);
  }
});

it.each(Object.entries(SILENCES).filter(([title]) => title !== "stops within its body"))(
  "A container that %s keeps no upload waiting for ever",
  async (_title, answer) => {
    const server = await startSilentServer(answer);
    onTestFinished(() => server.close());
    const uri = `${server.url}/tenant?sp=w&se=2026-06-02&sig=${SIGNATURE}`;
    const upload = createUpload(uri, "job-1/task-1", { timeoutMs: 100, firstRetryMs: 1 });
    await expect(upload("1.json", Buffer.from("{}"))).rejects.toMatchObject({
      code: "upload-unavailable",
    });
    expect(server.requests()).toBe(6);
  },
);
