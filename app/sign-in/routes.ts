import { type Context, Hono } from "hono";
import * as z from "zod";
import type { Sealer } from "../archive/seal.ts";
import type { Store } from "../archive/store.ts";
import { readFormField } from "../http/body.ts";
import { ConnectorError } from "../errors.ts";
import { queryParam } from "../http/problem.ts";
import { checkAccount, jobOfAccount, readJob, signInJob } from "../jobs/job.ts";
import type { Log } from "../log.ts";
import { problemPage } from "../pages/problem-page.ts";
import { platformIdSchema } from "../import-service/platform-id.ts";
import { nonceOf } from "../http/security-headers.ts";
import type { Account, Twitter, UserToken } from "../twitter/client.ts";
import type { FetchMedia } from "../twitter/media.ts";
import { confirmPage, donePage, passwordPage, startPage } from "./pages.ts";
import { readPicture } from "./picture.ts";
import { keepRequestToken, takeRequestToken } from "./request-tokens.ts";
import type { Session, Sessions } from "./session.ts";

export type SignInDeps = {
  store: Store;
  sealer: Sealer;
  sessions: Sessions;
  twitter: Twitter;
  fetchMedia: FetchMedia;
  tenantId: string;
  /** `<connector url>/Views/TwitterOAuth`, as registered in the X developer app. */
  callbackUrl: string;
  /** Starts scheduled captures of a job. */
  startCapture: (jobId: string) => Promise<void>;
  log: Log;
  now: () => Date;
};

const CONFIRM_MS = 10 * 60_000;
/** A sealed sign-in has less than two KiB: an account's ids and names, and its token. */
const SEALED_FORM_BYTES = 8 * 1024;
const AGAIN = "Close this window and start again in the compliance portal.";
const signedInSchema = z.object({
  purpose: z.literal("signed-in"),
  jobId: z.string(),
  sessionId: z.string(),
  expires: z.number(),
  account: z.object({ id: z.string(), username: z.string(), name: z.string() }),
  token: z.object({ accessToken: z.string(), accessSecret: z.string() }),
});

/** The pages that an administrator walks: APISecretKey, X, confirmation, done. */
export function signInRoutes(deps: SignInDeps): Hono {
  const routes = new Hono();
  routes.get("/preview/onjobcreating", (c) => showJob(deps, c));
  routes.post("/preview/onjobcreating", (c) => takePassword(deps, c));
  routes.post("/sign-in/twitter", (c) => goToX(deps, c));
  routes.get("/views/twitteroauth", (c) => comeBack(deps, c));
  routes.post("/sign-in/confirm", (c) => confirm(deps, c));
  routes.post("/sign-out", async (c) => {
    await deps.sessions.signOut(c);
    return c.redirect("/", 303);
  });
  return routes;
}

async function showJob(deps: SignInDeps, c: Context): Promise<Response> {
  const jobId = queryParam(c, "jobId");
  const tenantId = queryParam(c, "tenantId");
  const { nonce } = pageOf(c);
  if (!jobId || !tenantId) {
    const missing = jobId ? "tenantId" : "jobId";
    return refuse(c, 400, { what: `The address has no ${missing}.`, remedy: AGAIN });
  }
  if (!platformIdSchema.safeParse(jobId).success) {
    return refuse(c, 400, { what: "The jobId in the address is not valid.", remedy: AGAIN });
  }
  if (tenantId.toLowerCase() !== deps.tenantId.toLowerCase()) {
    return refuse(c, 400, {
      what: "This connector belongs to another Microsoft 365 organization (tenantId).",
      remedy:
        "In the compliance portal, enter the Connector URL of your own organization's connector.",
    });
  }
  if (!(await deps.sessions.read(c))) {
    return c.html(passwordPage({ nonce }, { action: selfAddress(c) }));
  }
  const job = await readJob(deps.store, jobId);
  const archived = job && {
    username: job.account.username,
    needsSignIn: job.needsSignIn !== undefined,
  };
  return c.html(startPage({ nonce }, { jobId, ...(archived && { archived }) }));
}

async function takePassword(deps: SignInDeps, c: Context): Promise<Response> {
  const result = await deps.sessions.signIn(c, await readFormField(c, "password"));
  if (result === "signed-in") {
    return c.redirect(selfAddress(c), 303);
  }
  deps.log("sign-in.password-refused", { reason: result });
  const problem =
    result === "wrong"
      ? "That is not the APISecretKey of this connector."
      : "Too many wrong tries. Wait 15 minutes and try again.";
  c.status(result === "wrong" ? 403 : 429);
  return c.html(passwordPage(pageOf(c), { action: selfAddress(c), problem }));
}

async function goToX(deps: SignInDeps, c: Context): Promise<Response> {
  const session = await deps.sessions.read(c);
  const jobId = platformIdSchema.safeParse(await readFormField(c, "jobId")).data;
  if (!session || jobId === undefined) {
    return sessionEnded(c);
  }
  try {
    const request = await deps.twitter.requestToken(deps.callbackUrl);
    await keepRequestToken(deps, request, { jobId, sessionId: session.id });
    return c.redirect(request.url, 303);
  } catch (error) {
    deps.log("sign-in.refused", { jobId }, error);
    return refuse(c, 502, {
      what: `X did not start the sign-in: ${wordsFor(error)}.`,
      remedy:
        `In the X developer app, register exactly this callback URL: ${deps.callbackUrl}. In the ` +
        "stack's configuration, set the app's four values.",
    });
  }
}

async function comeBack(deps: SignInDeps, c: Context): Promise<Response> {
  const session = await deps.sessions.read(c);
  if (!session) {
    return sessionEnded(c);
  }
  const denied = queryParam(c, "denied");
  if (denied !== undefined) {
    await takeRequestToken(deps, denied, session.id);
    deps.log("sign-in.denied");
    return refuse(c, 200, {
      what: "The sign-in was cancelled at X.",
      remedy: `No account was connected. ${AGAIN}`,
    });
  }
  const oauthToken = queryParam(c, "oauth_token") ?? "";
  const started = await takeRequestToken(deps, oauthToken, session.id);
  const verifier = queryParam(c, "oauth_verifier");
  if (!started || !verifier) {
    deps.log("sign-in.refused", { reason: "unknown, used or expired oauth_token" });
    return refuse(c, 400, {
      what: "This sign-in was already used, took longer than ten minutes, or started in another browser.",
      remedy: AGAIN,
    });
  }
  try {
    return await askToConfirm(deps, c, { session, oauthToken, verifier, ...started });
  } catch (error) {
    deps.log("sign-in.refused", { jobId: started.jobId }, error);
    return refuse(c, 502, {
      what: `X did not complete the sign-in: ${wordsFor(error)}.`,
      remedy: AGAIN,
    });
  }
}

async function askToConfirm(
  deps: SignInDeps,
  c: Context,
  {
    session,
    jobId,
    verifier,
    ...request
  }: {
    session: Session;
    jobId: string;
    verifier: string;
    oauthToken: string;
    oauthTokenSecret: string;
  },
): Promise<Response> {
  const { accountId, token } = await deps.twitter.accessToken(request, verifier);
  const account = await deps.twitter.me(token);
  const refused =
    account.id === accountId
      ? await checkAccount(deps.store, jobId, account)
      : { refusal: "X names two different accounts for this sign-in." };
  if (refused) {
    await dropToken(deps, account, token);
    return accountRefused(deps, c, { jobId, account, refusal: refused.refusal });
  }
  const sealed = await deps.sealer.seal({
    purpose: "signed-in",
    jobId,
    sessionId: session.id,
    expires: deps.now().getTime() + CONFIRM_MS,
    account: { id: account.id, username: account.username, name: account.name },
    token,
  } satisfies z.infer<typeof signedInSchema>);
  const picture = await readPicture(deps.fetchMedia, account);
  return c.html(confirmPage(pageOf(c), { jobId, account, picture, sealed }));
}

async function confirm(deps: SignInDeps, c: Context): Promise<Response> {
  const session = await deps.sessions.read(c);
  const sealed = await readFormField(c, "signedIn", SEALED_FORM_BYTES);
  const opened = await deps.sealer.open(sealed).catch(() => undefined);
  const signedIn = signedInSchema.safeParse(opened);
  if (!session || !signedIn.success || signedIn.data.sessionId !== session.id) {
    return sessionEnded(c);
  }
  const { jobId, account, token } = signedIn.data;
  if (signedIn.data.expires <= deps.now().getTime()) {
    await dropToken(deps, account, token);
    return refuse(c, 400, {
      what: "The confirmation took longer than ten minutes.",
      remedy: AGAIN,
    });
  }
  const result = await signInJob(deps, signedIn.data);
  if ("refusal" in result) {
    await dropToken(deps, account, token);
    return accountRefused(deps, c, { jobId, account, refusal: result.refusal });
  }
  await deps.startCapture(jobId);
  deps.log(result.isNew ? "job.created" : "job.signed-in-again", { jobId, accountId: account.id });
  return c.html(donePage(pageOf(c), account));
}

/**
 * Revokes a token that is not going to be used. Not where a job archives the account: X may have
 * given the very token that this job reads with, and revoking it would end its reading.
 */
async function dropToken(
  { store, twitter }: SignInDeps,
  account: Pick<Account, "id">,
  token: UserToken,
): Promise<void> {
  if ((await jobOfAccount(store, account.id)) === undefined) {
    await twitter.revoke(token).catch(() => undefined);
  }
}

function accountRefused(
  { log }: SignInDeps,
  c: Context,
  { jobId, account, refusal }: { jobId: string; account: Account; refusal: string },
): Response | Promise<Response> {
  log("sign-in.refused", { jobId, accountId: account.id, reason: "account" });
  return refuse(c, 409, { what: refusal, remedy: `Nothing was changed. ${AGAIN}` });
}

function sessionEnded(c: Context): Response | Promise<Response> {
  return refuse(c, 403, {
    what: "Your session has ended, or this page was opened in another browser.",
    remedy: AGAIN,
  });
}

function refuse(
  c: Context,
  status: 200 | 400 | 403 | 409 | 502,
  { what, remedy }: { what: string; remedy: string },
): Response | Promise<Response> {
  c.status(status);
  return c.html(problemPage(pageOf(c), { title: "The account was not connected", what, remedy }));
}

/** Path and query only, and one slash before them: neither a form nor a redirect leads off this site. */
function selfAddress(c: Context): string {
  const { pathname, search } = new URL(c.req.url);
  return `${pathname.replace(/^\/+/, "/")}${search}`;
}

function pageOf(c: Context): { nonce: string } {
  return { nonce: nonceOf(c) };
}

function wordsFor(error: unknown): string {
  return error instanceof ConnectorError ? error.message : "an unexpected error, see the log";
}
