import { setTimeout as sleep } from "node:timers/promises";
import {
  type Check,
  failed,
  MendableError,
  notChecked,
  ok,
  type Verdict,
} from "../checks/check.ts";
import { packageBytesCheck, type PackageDeps } from "../site/package-bytes.ts";
import { type Health, readValidation, type Site } from "../site/site.ts";
import type { StackOutputs } from "../stack/outputs.ts";
import { findWeakHeaders } from "./headers.ts";

export type SmokeDeps = {
  outputs: StackOutputs;
  site: Site;
  /** How long the site may take to start the package. */
  waitMs: number;
  hashOf: PackageDeps["hashOf"];
  send?: typeof fetch;
};

const POLL_MS = 2000;
const REQUEST_MS = 15_000;
const STRANGER = "11111111-2222-4333-8444-555555555555";
const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::|\/|$)/;

/** Checks of a deployment before anybody relies on it. */
export function smokeChecks(deps: SmokeDeps): Check[] {
  const needs = ["Package"];
  return [
    { what: "Package", run: () => waitForPackage(deps) },
    packageBytesCheck(deps),
    { what: "Ready", needs, run: () => checkReady(deps) },
    { what: "Validate", needs, run: () => checkValidate(deps) },
    { what: "Evidence", needs: [...needs, "Validate"], run: async () => checkEvidence(deps) },
    { what: "Strangers refused", needs, run: () => checkStrangers(deps) },
    { what: "Tenant", needs, run: () => checkTenant(deps) },
    { what: "Callback address", needs, run: () => checkCallback(deps) },
    { what: "Security headers", needs, run: () => checkHeaders(deps) },
    { what: "No plain http", needs, run: () => checkPlainHttp(deps) },
  ];
}

/** The portal's values must match all other outputs. */
export function checkOutputs(outputs: StackOutputs): Verdict {
  const { connectorUrl, portal } = outputs;
  const pairs = [
    ["portal.Connector URL", portal["Connector URL"], connectorUrl],
    ["portal.Password", portal.Password, outputs.apiSecretKey],
    ["portal.Azure App ID", portal["Azure App ID"], outputs.azureAppId],
    ["twitterCallbackUrl", outputs.twitterCallbackUrl, `${connectorUrl}/Views/TwitterOAuth`],
    ["statusUrl", outputs.statusUrl, `${connectorUrl}/`],
  ] as const;
  const wrong = pairs.filter(([, value, expected]) => value !== expected).map(([name]) => name);
  return wrong.length === 0
    ? ok(connectorUrl)
    : failed(`contradict the others: ${wrong.join(", ")}`, "Deploy again: npm run up");
}

/** App Service runs the old package until it has fetched and started the new one. */
async function waitForPackage({ outputs, site, waitMs }: SmokeDeps): Promise<Verdict> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const health = await site.health().catch(mendable);
    if ("packageHash" in health && health.packageHash === outputs.packageHash) {
      return ok(`version ${health.version}, package ${shorten(health.packageHash)}`);
    }
    if (Date.now() >= deadline) {
      return describeWrongPackage(health, outputs);
    }
    await sleep(POLL_MS);
  }
}

function describeWrongPackage(health: Health | MendableError, { packageHash }: StackOutputs) {
  return health instanceof MendableError
    ? failed(health.message, health.remedy)
    : failed(
        `the site runs package ${shorten(health.packageHash)} (version ${health.version}), ` +
          `the stack deployed ${shorten(packageHash)}`,
        "Restart the site so that it fetches the package again; its log names the fetched one",
      );
}

async function checkReady({ site }: SmokeDeps): Promise<Verdict> {
  const { missing } = await site.health();
  return missing.length === 0
    ? ok("/healthz reports nothing missing")
    : failed("/healthz: not ready", missing.join("\n"));
}

async function checkValidate({ site, outputs }: SmokeDeps): Promise<Verdict> {
  const { isAble, message } = await readValidation(await site.validate(credentialOf(outputs)));
  return isAble
    ? ok("the connector can do its work")
    : failed(message, "npm run doctor lists each problem with its remedy");
}

/** Validate creates a blob of evidence each day, and tries to change it if that must be refused. */
function checkEvidence({ outputs }: SmokeDeps): Verdict {
  return outputs.evidenceAccess === "create-only"
    ? ok("the site can create evidence; overwriting and deleting were refused")
    : ok("the site can create and change evidence (evidenceAccess contributor)");
}

async function checkStrangers({ site, outputs }: SmokeDeps): Promise<Verdict> {
  const right = credentialOf(outputs);
  const strangers = [
    ["nobody", undefined],
    ["a wrong password", { ...right, password: `${right.password}x` }],
    ["another tenant", { ...right, tenantId: STRANGER }],
  ] as const;
  const answers: number[] = [];
  const wrong: string[] = [];
  for (const [who, credential] of strangers) {
    const answer = await site.validate(credential);
    await answer.body?.cancel();
    answers.push(answer.status);
    if (!isRefusal(answer, { mayBeThrottled: credential !== undefined })) {
      wrong.push(`${who}: answered ${answer.status}, must be 401 with WWW-Authenticate`);
    }
  }
  return wrong.length === 0
    ? ok(`${answers.join(", ")} for nobody, a wrong password, another tenant`)
    : failed(wrong.join("\n"), "Stop the site: it lets unknown callers in");
}

/** Several wrong credentials, for example from running this check, are answered with 429 for a while. */
function isRefusal(
  { status, headers }: Response,
  { mayBeThrottled }: { mayBeThrottled: boolean },
): boolean {
  return status === 401 ? headers.has("www-authenticate") : mayBeThrottled && status === 429;
}

/** The sign-in page opens for the stack's tenant, and for no other. */
async function checkTenant({ site, outputs }: SmokeDeps): Promise<Verdict> {
  const statusFor = async (tenantId: string) => {
    const query = new URLSearchParams({ jobId: "smoke", tenantId });
    const answer = await site.get(`preview/OnJobCreating?${query.toString()}`);
    await answer.body?.cancel();
    return answer.status;
  };
  const [own, other] = [await statusFor(outputs.tenantId), await statusFor(STRANGER)];
  return own === 200 && other === 400
    ? ok(`the sign-in page is for ${outputs.tenantId} only`)
    : failed(
        `the sign-in page answered ${own} to ${outputs.tenantId} (must be 200), ${other} to another (400)`,
        "The site's TENANT_ID differs from the stack's: npm run up",
      );
}

/** Visitors without a session of this connector get a page, not a 404 of something else. */
async function checkCallback({ site, outputs }: SmokeDeps): Promise<Verdict> {
  const { pathname } = new URL(outputs.twitterCallbackUrl);
  const answer = await site.get(`.${pathname}`);
  const isPage = (answer.headers.get("content-type") ?? "").startsWith("text/html");
  await answer.body?.cancel();
  return answer.status === 403 && isPage
    ? ok(outputs.twitterCallbackUrl)
    : failed(
        `${pathname} answered ${answer.status}, must be a page with 403`,
        "Something else answers at this address: is the connector URL right?",
      );
}

async function checkHeaders({ site, outputs }: SmokeDeps): Promise<Verdict> {
  const isHttps = outputs.connectorUrl.startsWith("https:");
  const query = new URLSearchParams({ jobId: "smoke", tenantId: outputs.tenantId });
  const paths = ["", "healthz", `preview/OnJobCreating?${query.toString()}`, "no-such-page"];
  const weak: string[] = [];
  for (const path of paths) {
    const answer = await site.get(path);
    await answer.body?.cancel();
    const found = findWeakHeaders(answer.headers, { isHttps });
    if (found.length > 0) {
      weak.push(`/${path.replace(/\?.*/, "")}: ${found.join(", ")}`);
    }
  }
  return weak.length === 0
    ? ok(`on ${paths.length} pages`)
    : failed(weak.join("\n"), "Check whether a gateway in front of the site removes them");
}

async function checkPlainHttp({ outputs, send = fetch }: SmokeDeps): Promise<Verdict> {
  if (LOOPBACK.test(outputs.connectorUrl)) {
    return notChecked("the local system has no TLS in front of it");
  }
  const url = new URL(outputs.connectorUrl);
  url.protocol = "http:";
  const signal = AbortSignal.timeout(REQUEST_MS);
  const answer = await send(url, { redirect: "manual", signal }).catch(() => undefined);
  await answer?.body?.cancel();
  if (!answer) {
    return ok("plain http is not answered");
  }
  const { status } = answer;
  const target = answer.headers.get("location") ?? "";
  return status >= 300 && status < 400 && target.startsWith("https://")
    ? ok(`http is redirected to https (${status})`)
    : failed(`http is answered with ${status}`, "Set httpsOnly on the site: npm run up");
}

function credentialOf({ tenantId, apiSecretKey: password }: StackOutputs) {
  return { tenantId, password };
}

function mendable(error: unknown): MendableError {
  if (error instanceof MendableError) {
    return error;
  }
  throw error;
}

/** As many characters of a hash as a person compares. */
function shorten(hash: string): string {
  return hash.slice(0, 16);
}
