import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Closable } from "../contracts.ts";
import { createCompliancePortal } from "./compliance-portal.ts";
import type { FakeConnectorOptions } from "./testing/fake-connector.ts";
import { startFakeConnector } from "./testing/fake-connector.ts";
import { APP, startImportSetup, TENANT } from "./testing/import-setup.ts";
import { sampleItem } from "./testing/samples.ts";

const WINDOW = { start: "2026-03-01T10:00:00Z", end: "2026-03-01T11:00:00Z" };
const HANDOFF = { name: "harbour", password: "pa:ss wörd", azureAppId: APP, tenantId: TENANT };

let setup: Awaited<ReturnType<typeof startImportSetup>>;
const opened: Closable[] = [];

beforeAll(async () => {
  setup = await startImportSetup();
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

afterAll(() => setup.close());

describe("the portal with a connector that keeps the contract", () => {
  it("validates, signs in, imports a window and reads the status page", async () => {
    const { portal } = await start();
    await portal.validate();
    await portal.probeCredentials();
    await portal.signIn("harbour");
    const result = await portal.requestWindow(WINDOW);
    expect(result).toMatchObject({ status: 0, window: WINDOW, listed: ["7001"], findings: [] });
    expect(result.accepted).toHaveLength(1);
    expect(await portal.readStatus()).toMatchObject({
      jobs: [{ jobId: portal.jobId, account: { id: "42", username: "harbour" }, gaps: [] }],
    });
  });

  it("asks again under the same task after a TemporaryFailure", async () => {
    const { portal } = await start({ answer: ({ asked }) => (asked < 3 ? 1 : []) });
    expect(await portal.requestWindow(WINDOW)).toMatchObject({ status: 0 });
  });

  it("gives up after four TemporaryFailures, and at once after a PermanentFailure", async () => {
    const failing = await start({ answer: () => 1 });
    expect(await failing.portal.requestWindow(WINDOW)).toMatchObject({ status: 1 });
    const broken = await start({ answer: ({ asked }) => (asked === 1 ? 2 : []) });
    expect(await broken.portal.requestWindow(WINDOW)).toMatchObject({ status: 2 });
  });
});

describe("the portal with a connector that does not", () => {
  it("names the window when nothing moves any more", async () => {
    const { portal } = await start({ answer: () => "silence" });
    await expect(portal.requestWindow(WINDOW)).rejects.toThrow(
      /Window 2026-03-01T10:00:00Z to .*nothing moved for 0.3 s/,
    );
  });

  it("shows why Validate did not succeed", async () => {
    const { portal } = await start({}, { password: "other" });
    await expect(portal.validate()).rejects.toThrow("answered 401");
  });

  it("names each credential that is taken wrongly", async () => {
    const { connector } = await start();
    const portal = createPortal(connector.url, { fetch: alwaysAdmitted });
    await expect(portal.probeCredentials()).rejects.toThrow(
      /a wrong password: answered 200, must be 401[^]*another tenant's token/,
    );
  });

  it("shows the page where the sign-in got lost", async () => {
    const wrong = await start({}, { password: "other" });
    await expect(wrong.portal.signIn("harbour")).rejects.toThrow("The password is wrong.");
    const { portal } = await start();
    await expect(portal.signIn("seaport")).rejects.toThrow(
      /no @seaport to confirm[^]*Archive @harbour/,
    );
  });

  it("blocks a form whose policy does not allow the way to X, as a browser does", async () => {
    const { connector } = await start();
    const portal = createPortal(connector.url, { fetch: strictPolicy });
    await expect(portal.signIn("harbour")).rejects.toThrow("form-action 'self'");
  });
});

type Changes = Partial<FakeConnectorOptions>;

async function start(changes: Changes = {}, handoff: Partial<typeof HANDOFF> = {}) {
  const connector = await startFakeConnector({
    handoff: HANDOFF,
    handle: "harbour",
    importUrl: setup.service.url,
    token: setup.token,
    upload: setup.upload,
    answer: () => [sampleItem({ Id: "7001" })],
    ...changes,
  });
  opened.push(connector);
  return { connector, portal: createPortal(connector.url, {}, handoff) };
}

function createPortal(
  connectorUrl: string,
  { fetch: send }: { fetch?: typeof fetch },
  handoff: Partial<typeof HANDOFF> = {},
) {
  return createCompliancePortal({
    handoff: { ...HANDOFF, ...handoff, connectorUrl },
    entra: setup.entra,
    importService: setup.service,
    limits: { validateMs: 300, idleMs: 300, pollMs: 50 },
    ...(send ? { fetch: send } : {}),
  });
}

function btoaUtf8(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** A front that admits whoever comes. */
const alwaysAdmitted: typeof fetch = async (input, init) => {
  const headers = new Headers(init?.headers);
  headers.set("authorization", `Basic ${btoaUtf8(`${TENANT}:${HANDOFF.password}`)}`);
  return fetch(input, { ...init, headers });
};

/** A front that adds a policy which forgets X. */
const strictPolicy: typeof fetch = async (input, init) => {
  const answer = await fetch(input, init);
  const headers = new Headers(answer.headers);
  headers.set("content-security-policy", "default-src 'none'; form-action 'self'");
  return new Response(answer.body, { status: answer.status, headers });
};
