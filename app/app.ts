import { type Context, Hono, type MiddlewareHandler } from "hono";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { problem } from "./http/problem.ts";
import type { Log } from "./log.ts";
import { problemPage } from "./pages/problem-page.ts";
import { portalRoutes, type PortalDeps } from "./import-service/routes.ts";
import { nonceOf, securityHeaders } from "./http/security-headers.ts";
import { signInRoutes, type SignInDeps } from "./sign-in/routes.ts";
import { statusRoutes, type StatusDeps } from "./status/routes.ts";

export type AppDeps = {
  portal: Omit<PortalDeps, "publicOrigin">;
  signIn: SignInDeps;
  status: StatusDeps;
  /** Origin of the connector's public address, `https://…`. */
  publicOrigin: string;
  /** Origin where X asks the account's owner; a form leads there. */
  xOrigin: string;
  log: Log;
};

/** What the refusals that are thrown are called. */
const TITLES = new Map<number, string>([
  [400, "Bad request"],
  [413, "The body is too large"],
  [415, "Not a form of this site"],
]);

/** All routes in one place. */
export function createApp({ portal, signIn, status, publicOrigin, xOrigin, log }: AppDeps): Hono {
  const app = new Hono({ getPath: routePathOf });
  app.use(securityHeaders(xOrigin));

  for (const [path, allow] of Object.entries(METHODS)) {
    app.all(path, allowOnly(allow));
  }

  const pages = new Hono();
  pages.use(csrf({ origin: publicOrigin }));
  pages.route("/", statusRoutes(status));
  pages.route("/", signInRoutes(signIn));

  app.route("/", portalRoutes({ ...portal, publicOrigin }));
  app.route("/", pages);

  app.notFound((c) => refuse(c, 404, { title: "Not found" }));
  app.onError((error, c) => {
    if (error instanceof HTTPException) {
      log("request.refused", { method: c.req.method, path: pathOf(c), status: error.status });
      const title = TITLES.get(error.status) ?? "The request was refused";
      return refuse(c, error.status, { title, ...(error.message && { detail: error.message }) });
    }
    log("request.failed", { method: c.req.method, path: pathOf(c) }, error);
    return refuse(c, 500, {
      title: "Internal error",
      detail: "The connector's log has the details.",
    });
  });
  return app;
}

/**
 * The route that an address names, as the host of Microsoft's sample (ASP.NET) reads it: in any case,
 * with slashes doubled or at the end.
 */
function routePathOf(request: Request): string {
  const path = new URL(request.url).pathname.toLowerCase().replace(/\/{2,}/g, "/");
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

/** HEAD only where GET changes nothing: a callback of X works once, a remediation marks the job. */
const METHODS = {
  "/": "GET, HEAD, POST",
  "/healthz": "GET, HEAD",
  "/setup/validate": "GET, HEAD",
  "/job/iscreated": "GET, HEAD",
  "/job/ondeleted": "DELETE",
  "/job/onremediation": "GET",
  "/data/ondownloadrequest": "POST",
  "/preview/onjobcreating": "GET, HEAD, POST",
  "/sign-in/twitter": "POST",
  "/sign-in/confirm": "POST",
  "/sign-out": "POST",
  "/jobs/remove": "GET, HEAD, POST",
  "/views/twitteroauth": "GET",
};

/** As it may be logged: a path that is none of ours may hold anything. */
function pathOf(c: Context): string {
  return Object.hasOwn(METHODS, c.req.path) ? c.req.path : "unknown";
}

/** Comes before anything that looks at the request, so that a wrong method is told what is right. */
function allowOnly(allow: string): MiddlewareHandler {
  const methods = new Set(allow.split(", "));
  return async (c, next) => {
    if (methods.has(c.req.method)) {
      return next();
    }
    c.header("allow", allow);
    return refuse(c, 405, { title: "Method not allowed", detail: `Use ${allow}` });
  };
}

/** A page for a person's browser, JSON for a program. */
function refuse(
  c: Context,
  status: ContentfulStatusCode,
  { title, detail }: { title: string; detail?: string },
): Response | Promise<Response> {
  if (!c.req.header("accept")?.includes("text/html")) {
    return problem(c, status, { title, ...(detail !== undefined && { detail }) });
  }
  const what = detail ?? "This connector has no such page, or the form is not from this connector.";
  const remedy = "Close this window and start again in the compliance portal.";
  c.status(status);
  return c.html(problemPage({ nonce: nonceOf(c) }, { title, what, remedy }));
}
