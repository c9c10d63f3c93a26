import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { describeError } from "../errors.ts";
import { testSettings } from "../testing/environment.ts";
import {
  type RecordedAnswer,
  type RecordingServer,
  startRecordingServer,
} from "../testing/serve-recording.ts";
import { SILENCES, startSilentServer } from "../testing/silent-server.ts";
import { createUpload, sasProblem } from "./sas.ts";

const NOW = new Date("2026-06-01T12:00:00Z");
const HOSTS = ["blob.core.windows.net", "storage.example"];
const SIGNATURE = "c2lnbmF0dXJlIG9mIGEgU0FT%2B%2F%3D";
const HOST = "https://import.blob.core.windows.net";

function sas(changes: Record<string, string | undefined> = {}, container = `${HOST}/tenant`) {
  const all = { sv: "2024-11-04", sp: "w", se: "2026-06-02T00:00:00Z", sig: "s", ...changes };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(all)) {
    if (value !== undefined) {
      query.set(name, value);
    }
  }
  return `${container}?${query.toString()}`;
}

describe("A container SAS", () => {
  it.each([
    ["of the platform's storage", sas()],
    ["that may create and not overwrite", sas({ sp: "c" })],
    ["that may do more than write", sas({ sp: "racwdl" })],
    ["that ends in a second", sas({ se: "2026-06-01T12:00:01Z" })],
    ["whose end has no seconds", sas({ se: "2026-06-01T12:01Z" })],
    ["whose end is a day", sas({ se: "2026-06-02" })],
    ["of a host that is named itself", sas({}, "https://storage.example/tenant")],
    ["of a host in a zone", sas({}, "https://a.z01.storage.example/tenant")],
    ["of a host in capitals", sas({}, "https://IMPORT.BLOB.core.windows.net/tenant")],
  ])("can be used: one %s", (_what, uri) => {
    expect(sasProblem(uri, HOSTS, NOW)).toBeUndefined();
  });

  it.each([
    ["no address", "is not an https address", "tenant?sig=s"],
    ["nothing", "is not an https address", ""],
    ["plain http", "is not an https address", sas().replace("https:", "http:")],
    ["a file", "is not an https address", "file:///tenant?sp=w&se=2026-06-02&sig=s"],
    [
      "another host",
      "names the host evil.example, which is no Azure Storage host (setting SAS_HOSTS)",
      sas({}, "https://evil.example/tenant"),
    ],
    ["a host that ends alike", /no Azure Storage host/, sas({}, "https://evilstorage.example/t")],
    [
      "a host that begins alike",
      /no Azure Storage host/,
      sas({}, "https://import.blob.core.windows.net.evil.example/t"),
    ],
    [
      "a host behind a user name",
      /names the host evil\.example/,
      sas({}, "https://import.blob.core.windows.net@evil.example/t"),
    ],
    [
      "an address of the site's own network",
      /no Azure Storage host/,
      sas({}, "https://10.0.0.1/t"),
    ],
    ["no signature", "has no signature (sig)", sas({ sig: undefined })],
    ["no permissions", "does not allow writing (sp)", sas({ sp: undefined })],
    ["reading alone", "does not allow writing (sp)", sas({ sp: "rl" })],
    ["no end", "says no time of expiry (se)", sas({ se: undefined })],
    ["an end that is no time", "says no time of expiry (se)", sas({ se: "tomorrow" })],
    [
      "an end that is now",
      "expired at 2026-06-01T12:00:00.000Z (se)",
      sas({ se: "2026-06-01T12:00:00Z" }),
    ],
    [
      "an end that is over",
      "expired at 2026-05-31T22:00:00.000Z (se)",
      sas({ se: "2026-06-01T00:00:00+02:00" }),
    ],
  ])("cannot be used: one with %s", (_what, problem, uri) => {
    const found = sasProblem(uri, HOSTS, NOW);
    expect(found).toMatch(problem);
    expect(found).not.toContain("sig=");
  });

  it("of Azure's public hosts needs no setting", () => {
    const { SAS_HOSTS } = testSettings();
    const uris = [sas(), sas({}, "https://import.z01.blob.storage.azure.net/tenant")];
    expect(uris.map((uri) => sasProblem(uri, SAS_HOSTS, NOW))).toEqual([undefined, undefined]);
  });

  it("of a host behind a blank or nothing in the setting is no surprise", () => {
    const { SAS_HOSTS } = testSettings({ SAS_HOSTS: "storage.example, blob.core.windows.net," });
    expect(sasProblem(sas(), SAS_HOSTS, NOW)).toBeUndefined();
    expect(sasProblem(sas({}, "https://evil.example./t"), SAS_HOSTS, NOW)).toMatch(/no Azure/);
  });
});

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
    ["409, as for a blob that may not be overwritten", { status: 409 }, "upload-refused", 1],
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
