import type { Hono } from "hono";
import { TEST_SECRETS, testEnvironment } from "./environment.ts";
import { ORIGIN } from "./harness.ts";

const { TENANT_ID = "" } = testEnvironment();

export type Page = { status: number; headers: Headers; html: string };
export type Visitor = {
  get: (path: string) => Promise<Page>;
  /** Sends a form of our own pages; `headers` replace what a browser would send. */
  post: (
    path: string,
    form: Record<string, string>,
    headers?: Record<string, string>,
  ) => Promise<Page>;
  /** The Set-Cookie headers that came, oldest first. */
  setCookies: string[];
  /** What is in the jar. */
  cookie: () => string | undefined;
  useCookie: (cookie: string) => void;
};

/** Someone with a browser: keeps the session cookie, and says where forms come from. */
export function createVisitor(app: Hono): Visitor {
  const setCookies: string[] = [];
  let cookie: string | undefined;
  const send = async (path: string, init: { method: string; body?: string; headers: object }) => {
    const headers = { ...init.headers, ...(cookie !== undefined && { cookie }) };
    const response = await app.request(`${ORIGIN}${path}`, { ...init, headers });
    for (const set of response.headers.getSetCookie()) {
      setCookies.push(set);
      cookie = set.split(";")[0];
    }
    return { status: response.status, headers: response.headers, html: await response.text() };
  };
  return {
    setCookies,
    cookie: () => cookie,
    useCookie(other) {
      cookie = other;
    },
    get: (path) => send(path, { method: "GET", headers: {} }),
    post: (path, form, headers = {}) =>
      send(path, {
        method: "POST",
        headers: {
          origin: ORIGIN,
          "content-type": "application/x-www-form-urlencoded",
          ...headers,
        },
        body: new URLSearchParams(form).toString(),
      }),
  };
}

/** The page that the compliance portal opens. */
export function jobPath(jobId: string, tenantId = TENANT_ID): string {
  return `/preview/OnJobCreating?jobId=${jobId}&tenantId=${tenantId}`;
}

export function logIn(visitor: Visitor, password: string = TEST_SECRETS.API_SECRET_KEY) {
  return visitor.post(jobPath("job-1"), { password });
}

/** Presses "Login with Twitter". @returns X's address to go to. */
export async function goToX(visitor: Visitor, jobId: string): Promise<string> {
  const page = await visitor.post("/sign-in/twitter", { jobId });
  const location = page.headers.get("location");
  if (page.status !== 303 || location === null) {
    throw new Error(`The sign-in did not lead to X: ${page.status} ${page.html}`);
  }
  return location;
}

/** Decides on X's page. @returns path and query of the callback that X leads back to. */
export async function decideAtX(
  location: string,
  { username = "small", action = "authorize" }: { username?: string; action?: string } = {},
): Promise<string> {
  const url = new URL(location);
  const token = url.searchParams.get("oauth_token") ?? "";
  const answer = await fetch(`${url.origin}${url.pathname}`, {
    method: "POST",
    body: new URLSearchParams({ oauth_token: token, username, action }),
    redirect: "manual",
  });
  await answer.body?.cancel();
  const back = new URL(answer.headers.get("location") ?? "");
  return `${back.pathname}${back.search}`;
}

/** Password, X and back: the page that asks whether this is the account. */
export async function scanToConfirmation(
  visitor: Visitor,
  { jobId, username = "small" }: { jobId: string; username?: string },
): Promise<Page> {
  await logIn(visitor);
  return visitor.get(await decideAtX(await goToX(visitor, jobId), { username }));
}

/** The sealed value that the confirmation page sends on. */
export function sealedIn({ html }: Page): string {
  return /name="signedIn" value="([^"]+)"/.exec(html)?.[1] ?? "";
}

export async function scanAll(
  visitor: Visitor,
  scan: { jobId: string; username?: string },
): Promise<Page> {
  const page = await scanToConfirmation(visitor, scan);
  return visitor.post("/sign-in/confirm", { signedIn: sealedIn(page) });
}
