import {
  AuthenticationError,
  AuthenticationRequiredError,
  type TokenCredential,
} from "@azure/identity";
import { describe, expect, it, onTestFinished } from "vitest";
import { startEntra } from "../../scripts/local/entra/entra.ts";
import { describeError, type ErrorCode } from "../errors.ts";
import { PLATFORM_APP_ID } from "./authenticate.ts";
import { TEST_SECRETS, testSettings } from "../testing/environment.ts";
import { type RecordedAnswer, startRecordingServer } from "../testing/serve-recording.ts";
import { SILENCES, startSilentServer } from "../testing/silent-server.ts";
import { createTrustedCertificate } from "../testing/trusted-certificate.ts";
import { createAppCredential } from "./credential.ts";
import {
  type Completion,
  type CompletionItem,
  COMPLETION_STATUS,
  createPlatform,
  parseRetryAfter,
  PLATFORM_RESOURCE,
} from "./client.ts";

const { TENANT_ID, AZURE_APP_ID } = testSettings();
const NOW = new Date("2026-06-01T12:00:00Z");
const ITEM = {
  id: "7",
  modificationTimestampUtc: "2020-01-23T04:45:58Z",
  fileName: "7.json",
};

describe("A completion", () => {
  it("is posted in the platform's words, with a token for it", async () => {
    const { server, platform } = await start(() => ({ status: 200 }));
    const entry = { ...ITEM, sha256: "is not told" };
    await platform.complete(completionOf([entry]));
    const [request] = server.requests;
    expect(request).toMatchObject({
      method: "POST",
      url: "/api/data/ondownloadcomplete/?jobId=job%2F1",
      headers: { authorization: "Bearer token-1", "content-type": "application/json" },
    });
    expect(request?.body.toString()).toBe(
      String.raw`{"taskId":"t\"1","status":0,"itemMetadata":[{"id":"7",` +
        '"modificationTimestampUtc":"2020-01-23T04:45:58Z","fileName":"7.json"}]}',
    );
  });

  it.each(Object.entries(COMPLETION_STATUS))("says %s as the integer %d", async (name, status) => {
    const { server, platform } = await start(() => ({ status: 202 }));
    await platform.complete({ ...completionOf([]), status });
    expect(bodyOf(server.requests[0])).toEqual({ taskId: 't"1', status, itemMetadata: [] });
    const known = { success: 0, temporaryFailure: 1, permanentFailure: 2 };
    expect(known).toMatchObject({ [name]: status });
  });

  it.each([0, 1, 5_000])(
    "of %d items says its length before its list, and lists all",
    async (count) => {
      const items = Array.from({ length: count }, (_, index) => ({ ...ITEM, id: String(index) }));
      const { server, platform } = await start(() => ({ status: 200 }));
      await platform.complete(completionOf(items));
      const [request] = server.requests;
      expect(request?.headers).not.toHaveProperty("transfer-encoding");
      expect(Number(request?.headers["content-length"])).toBe(request?.body.byteLength);
      expect(bodyOf(request)).toMatchObject({ itemMetadata: items });
    },
  );

  it("that is refused with 401 is sent again with a new token, once", async () => {
    const answers = [{ status: 401 }, { status: 200 }];
    const { server, platform } = await start(() => answers.shift());
    await platform.complete(completionOf([ITEM]));
    const tokens = server.requests.map(({ headers }) => headers.authorization);
    expect(tokens).toEqual(["Bearer token-1", "Bearer token-2"]);
    expect(server.requests.map(bodyOf)).toEqual([0, 1].map(() => bodyOf(server.requests[0])));
  });

  it.each<[string, RecordedAnswer | undefined, string, number]>([
    ["401 twice", { status: 401 }, "platform-refused", 2],
    ["400", { status: 400 }, "platform-refused", 1],
    ["403", { status: 403 }, "platform-refused", 1],
    ["404", { status: 404 }, "platform-refused", 1],
    ["413", { status: 413 }, "platform-too-large", 1],
    ["408", { status: 408 }, "platform-unavailable", 1],
    ["429", { status: 429 }, "platform-unavailable", 1],
    ["500", { status: 500 }, "platform-unavailable", 1],
    ["501", { status: 501 }, "platform-unavailable", 1],
    ["503", { status: 503 }, "platform-unavailable", 1],
    ["a redirection", { status: 307, headers: { location: "/" } }, "platform-unavailable", 1],
    ["one to a GET", { status: 303, headers: { location: "/" } }, "platform-unavailable", 1],
    ["a connection that is cut after it was read", undefined, "platform-unavailable", 1],
  ])("that meets %s is for the caller to send again", async (_what, answer, code, tries) => {
    const { server, platform } = await start(() => answer);
    const error: unknown = await platform
      .complete(completionOf([ITEM]))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "ConnectorError", code, retryAt: undefined });
    expect(JSON.stringify(describeError(error))).not.toMatch(/token-|job%2F1/);
    expect(server.requests).toHaveLength(tries);
  });

  it("waits as long as the platform says", async () => {
    const { platform } = await start(() => ({ status: 503, headers: { "retry-after": "120" } }));
    await expect(platform.complete(completionOf([]))).rejects.toMatchObject({
      code: "platform-unavailable",
      retryAt: new Date("2026-06-01T12:02:00Z"),
    });
  });

  it.each(Object.entries(SILENCES).filter(([title]) => title !== "stops within its body"))(
    "keeps nobody waiting for ever for a platform that %s",
    async (_title, answer) => {
      const server = await startSilentServer(answer);
      onTestFinished(() => server.close());
      const platform = createPlatform({
        url: server.url,
        clientId: AZURE_APP_ID,
        createCredential: () => createCredential(1),
        timeoutMs: 100,
      });
      await expect(platform.complete(completionOf([ITEM]))).rejects.toMatchObject({
        code: "platform-unavailable",
      });
    },
  );

  it("does not wait for the body of an answer", async () => {
    const server = await startSilentServer(SILENCES["stops within its body"] ?? (() => {}));
    onTestFinished(() => server.close());
    const platform = createPlatform({
      url: server.url,
      clientId: AZURE_APP_ID,
      createCredential: () => createCredential(1),
    });
    await platform.complete(completionOf([ITEM]));
    expect(server.requests()).toBe(1);
  });
});

describe("Without a token", () => {
  const refuse = () =>
    Promise.reject(new Error(`AADSTS7000215: Invalid secret ${TEST_SECRETS.AZURE_APP_SECRET}`));

  it.each([
    ["Entra refuses", refuse],
    ["Entra gives none", async () => null],
  ])("nothing is said to the platform: %s", async (_what, getToken) => {
    const { server } = await start(() => ({ status: 200 }));
    const platform = createPlatform({
      url: server.url,
      clientId: AZURE_APP_ID,
      createCredential: () => ({ getToken }),
    });
    for (const work of [platform.complete(completionOf([ITEM])), platform.checkToken()]) {
      await expect(work).rejects.toMatchObject({ code: "entra-refused" });
    }
    expect(server.requests).toEqual([]);
  });

  it("the error says what to do, and quotes neither Entra nor a secret", async () => {
    const platform = createPlatform({
      url: "http://127.0.0.1:1",
      clientId: AZURE_APP_ID,
      createCredential: () => ({ getToken: refuse }),
    });
    const error: unknown = await platform.checkToken().catch((thrown: unknown) => thrown);
    const said = `${JSON.stringify(describeError(error))} ${String(error)}`;
    expect(said).toMatch(/secret has not expired.*npm run up/);
    expect(said).not.toMatch(/AADSTS|azure-app-secret/);
  });
});

describe("Entra itself, asked by Azure's own library,", () => {
  it("gives a token for the Import service alone, once somebody has consented to it", async () => {
    const { server, platform, entra } = await startWithEntra();
    entra.registerClient(AZURE_APP_ID, TEST_SECRETS.AZURE_APP_SECRET);
    await expect(platform.checkToken()).rejects.toMatchObject({ code: "consent-missing" });
    entra.consent(PLATFORM_APP_ID);
    await platform.complete(completionOf([ITEM]));
    const token = server.requests[0]?.headers.authorization?.replace("Bearer ", "") ?? "";
    expect(await entra.verify(token)).toMatchObject({ aud: PLATFORM_RESOURCE, tid: TENANT_ID });
  });

  it("refuses a wrong secret, whether there is consent or not", async () => {
    const { platform, entra } = await startWithEntra();
    entra.registerClient(AZURE_APP_ID, "another secret");
    await expect(platform.checkToken()).rejects.toMatchObject({ code: "entra-refused" });
  });

  it.each<[code: ErrorCode, said: string]>([
    ["consent-missing", "AADSTS500011: The resource principal named r was not found in the tenant"],
    [
      "consent-missing",
      "AADSTS650052: The app is trying to access a service that your organization lacks a service principal for",
    ],
    ["consent-missing", `AADSTS7000112: Application '${PLATFORM_APP_ID}'(Import) is disabled`],
    ["entra-refused", `AADSTS7000112: Application '${AZURE_APP_ID}'(connector) is disabled`],
    ["entra-refused", "AADSTS5000111: another number that begins alike"],
    ["entra-refused", "AADSTS7000222: The provided client secret keys are expired"],
  ])("%s is what %s means", async (code, said) => {
    const thrown = new AuthenticationError(400, { error: "x", error_description: said });
    const wrapped = new AuthenticationRequiredError({ scopes: [], message: "-", cause: thrown });
    for (const error of [thrown, wrapped]) {
      const platform = createPlatform({
        url: "http://127.0.0.1:1",
        clientId: AZURE_APP_ID,
        createCredential: () => ({ getToken: () => Promise.reject(error) }),
      });
      const met: unknown = await platform.checkToken().catch((caught: unknown) => caught);
      expect(met).toMatchObject({ code });
      expect(JSON.stringify(describeError(met))).not.toContain("AADSTS");
    }
  });
});

describe("Retry-After", () => {
  it.each([
    ["seconds", "30", "2026-06-01T12:00:30.000Z"],
    ["a date", "Mon, 01 Jun 2026 12:05:00 GMT", "2026-06-01T12:05:00.000Z"],
  ])("may be %s", (_what, value, at) => {
    expect(parseRetryAfter(value, NOW)).toEqual(new Date(at));
  });

  it.each([
    ["nothing", null],
    ["no time at all", "0"],
    ["words", "soon"],
    ["a time that is over", "Mon, 01 Jun 2026 11:00:00 GMT"],
    ["more than a day", "86401"],
  ])("is not heeded where it says %s", (_what, value) => {
    expect(parseRetryAfter(value, NOW)).toBeUndefined();
  });
});

async function startWithEntra() {
  const certificate = await createTrustedCertificate();
  onTestFinished(() => certificate.close());
  await certificate.trust();
  const entra = await startEntra({ certificate, tenantId: TENANT_ID });
  onTestFinished(() => entra.close());
  const { AZURE_APP_SECRET } = TEST_SECRETS;
  const { server } = await start(() => ({ status: 200 }));
  const identity = { getToken: () => Promise.reject(new Error("There is a secret")) };
  const settings = { TENANT_ID, AZURE_APP_ID, AZURE_APP_SECRET, ENTRA_URL: entra.url };
  const platform = createPlatform({
    url: server.url,
    clientId: AZURE_APP_ID,
    createCredential: () => createAppCredential(settings, identity),
  });
  return { server, platform, entra };
}

async function start(answer: () => RecordedAnswer | undefined) {
  const server = await startRecordingServer(answer);
  onTestFinished(() => server.close());
  let made = 0;
  const platform = createPlatform({
    url: server.url,
    clientId: AZURE_APP_ID,
    createCredential() {
      made += 1;
      return createCredential(made);
    },
    now: () => NOW,
  });
  return { server, platform };
}

function createCredential(number: number): TokenCredential {
  return { getToken: async () => ({ token: `token-${number}`, expiresOnTimestamp: 0 }) };
}

function completionOf(all: CompletionItem[]): Completion {
  return {
    jobId: "job/1",
    taskId: 't"1',
    status: COMPLETION_STATUS.success,
    async *items() {
      yield* all;
    },
  };
}

function bodyOf(request: { body: Buffer } | undefined): unknown {
  return JSON.parse(request?.body.toString("utf8") ?? "");
}
