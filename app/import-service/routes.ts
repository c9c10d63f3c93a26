import { type Context, Hono, type MiddlewareHandler } from "hono";
import type { Sealer } from "../archive/seal.ts";
import type { Store } from "../archive/store.ts";
import { parseJson, readBody } from "../http/body.ts";
import { callerAddress } from "../http/caller-address.ts";
import { sasAllows, sasExpiry, sasProblem } from "./sas.ts";
import { badRequest, problem, queryParam } from "../http/problem.ts";
import { markNeedsSignIn, readJob } from "../jobs/job.ts";
import { removeJob } from "../jobs/remove-job.ts";
import type { Log } from "../log.ts";
import type { Twitter } from "../twitter/client.ts";
import type { WorkQueue } from "../worker/queue.ts";
import { acceptTask } from "../worker/task.ts";
import {
  createCredentialThrottle,
  WINDOW_SECONDS,
  type CredentialThrottle,
} from "../http/credential-throttle.ts";
import type { Authenticate } from "./authenticate.ts";
import { createCallDescriber, memberNames } from "./describe-call.ts";
import { parseDownloadRequest } from "./download-request.ts";
import { isCrossSite } from "../http/cross-site.ts";
import { platformIdSchema } from "./platform-id.ts";

export type PortalDeps = {
  store: Store;
  sealer: Sealer;
  twitter: Twitter;
  queue: WorkQueue;
  authenticate: Authenticate;
  checkReadiness: () => Promise<string[]>;
  wakeWorker: () => void;
  sasHosts: string[];
  /** Origin of the connector's public address, `https://…`. */
  publicOrigin: string;
  log: Log;
  now: () => Date;
};

const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

/** The sample's enumeration by name and number: its host reads either (ASP.NET, model binding of enums). */
const REMEDIATION_TYPES = new Map([
  ["relogin", "relogin"],
  ["0", "relogin"],
  ["unknown", "unknown"],
  ["1", "unknown"],
]);

/**
 * What the platform calls (docs/portal-contract.md#incoming-calls). Paths are in lower case:
 * `app.ts` folds them.
 */
export function portalRoutes(deps: PortalDeps): Hono {
  const routes = new Hono();
  const platformOnly = requirePlatform(deps);

  routes.get("/setup/validate", platformOnly, async (c) => {
    const obstacles = await deps.checkReadiness();
    return c.json({
      Status: obstacles.length === 0,
      Message: obstacles.length === 0 ? null : obstacles.join("\n"),
    });
  });

  routes.get("/job/iscreated", platformOnly, (c) => isCreated(deps, c));

  routes.delete("/job/ondeleted", platformOnly, async (c) => {
    await removeJob(deps, jobIdOf(c));
    return c.body(null, 200);
  });

  routes.get("/job/onremediation", platformOnly, async (c) => {
    const jobId = jobIdOf(c);
    const type = REMEDIATION_TYPES.get(queryParam(c, "remediationType")?.toLowerCase() ?? "");
    if (type === undefined) {
      const detail = "remediationType must be Relogin (0) or Unknown (1)";
      return problem(c, 400, { title: "Bad request", detail });
    }
    if (!(await readJob(deps.store, jobId))) {
      return unknownJob(c);
    }
    if (type === "relogin") {
      const reason = "the compliance portal asked for a new sign-in";
      await markNeedsSignIn(deps.store, jobId, { reason });
      deps.log("job.needs-sign-in", { jobId, reason });
    }
    return c.body(null, 200);
  });

  routes.post("/data/ondownloadrequest", platformOnly, (c) => acceptRequest(deps, c));
  return routes;
}

async function isCreated({ store }: PortalDeps, c: Context): Promise<Response> {
  const job = await readJob(store, jobIdOf(c));
  return c.json({ IsJobCreated: job !== undefined && job.needsSignIn === undefined, Reason: null });
}

/** Keeps the request before it is acknowledged; the work is done by whoever takes the message. */
async function acceptRequest(deps: PortalDeps, c: Context): Promise<Response> {
  const body = parseJson(await readBody(c, BODY_LIMIT_BYTES));
  const request = parseDownloadRequest(body);
  if ("problem" in request) {
    return problem(c, 400, { title: "Bad request", detail: request.problem });
  }
  const wrongSas = sasProblem(request.sasUri, deps.sasHosts, deps.now());
  if (wrongSas !== undefined) {
    return problem(c, 400, { title: "Bad request", detail: `BlobSasUri: ${wrongSas}` });
  }
  const { jobId, taskId, window, dirtyIds, nullIds } = request;
  if (!(await readJob(deps.store, jobId))) {
    return unknownJob(c);
  }
  await acceptTask(deps.store, {
    jobId,
    taskId,
    window,
    dirtyIds,
    sealedSas: await deps.sealer.seal(request.sasUri),
    acceptedAt: deps.now().toISOString(),
  });
  await deps.queue.send({ jobId, taskId });
  deps.log("task.accepted", {
    jobId,
    taskId,
    windowStart: window.start,
    windowEnd: window.end,
    sasExpires: sasExpiry(request.sasUri),
    sasAllows: sasAllows(request.sasUri),
    members: memberNames(body),
    ...(nullIds > 0 && { omitted: nullIds, detail: "null in DirtyEntities" }),
  });
  deps.wakeWorker();
  return c.body(null, 200);
}

/**
 * Lets the platform in. Its addresses are shared with every other organization's connectors, so the
 * right credential passes whatever else came from there; it is the wrong ones that are throttled.
 */
function requirePlatform({ authenticate, publicOrigin, log, now }: PortalDeps): MiddlewareHandler {
  const credentialThrottle = createCredentialThrottle("portal", { log, now });
  const describeCall = createCallDescriber(log);
  return async (c, next) => {
    if (isCrossSite((name) => c.req.header(name), publicOrigin)) {
      log("request.refused", { method: c.req.method, path: c.req.path, status: 403 });
      return problem(c, 403, { title: "Not for pages of other sites" });
    }
    const authorization = c.req.header("authorization");
    const verdict = authorization === undefined ? "missing" : await authenticate(authorization);
    if (verdict === "trusted") {
      const { method, path, url, raw } = c.req;
      const queries = new URL(url).searchParams.keys();
      describeCall({ method, path, authorization, headers: raw.headers.keys(), queries });
      return next();
    }
    const status = statusFor(verdict, credentialThrottle, callerAddress(c));
    log("request.refused", { method: c.req.method, path: c.req.path, status });
    if (status === 503) {
      return problem(c, status, { title: "Microsoft Entra cannot be reached" });
    }
    if (status === 429) {
      c.header("retry-after", String(WINDOW_SECONDS));
      return problem(c, status, { title: "Too many wrong credentials" });
    }
    c.header("www-authenticate", 'Basic realm="connector", charset="UTF-8"');
    c.header("www-authenticate", 'Bearer realm="connector"', { append: true });
    return problem(c, status, { title: "Unauthorized" });
  };
}

/** Who shows no credential has not guessed: clients do so to be told what to show. */
function statusFor(
  verdict: "missing" | "wrong" | "undecided",
  credentialThrottle: CredentialThrottle,
  address: string,
): 401 | 429 | 503 {
  if (verdict !== "wrong") {
    return verdict === "missing" ? 401 : 503;
  }
  const isTooMany = credentialThrottle.count(address) || credentialThrottle.countInAll();
  return isTooMany ? 429 : 401;
}

function jobIdOf(c: Context): string {
  const jobId = queryParam(c, "jobId");
  if (!jobId) {
    throw badRequest("jobId is missing");
  }
  const checked = platformIdSchema.safeParse(jobId);
  if (!checked.success) {
    throw badRequest(`jobId: ${checked.error.issues[0]?.message ?? "is not valid"}`);
  }
  return checked.data;
}

function unknownJob(c: Context): Response {
  return problem(c, 404, { title: "No such job" });
}
