import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import { NONCE, secureHeaders } from "hono/secure-headers";
import { problem } from "./http.ts";
import type { Log } from "./log.ts";
import { portalRoutes, type PortalDeps } from "./portal/routes.ts";
import { signInRoutes, type SignInDeps } from "./sign-in/routes.ts";
import { statusRoutes, type StatusDeps } from "./status/routes.ts";

export type AppDeps = {
  portal: PortalDeps;
  signIn: SignInDeps;
  status: StatusDeps;
  /** Origin of the connector's public address, `https://…`. */
  publicOrigin: string;
  /** Origin where X asks the account's owner; a form leads there. */
  xOrigin: string;
  log: Log;
};

const FORM_LIMIT_BYTES = 64 * 1024;

/** All routes in one place. Paths are matched in lower case: the platform's host does not mind. */
export function createApp({ portal, signIn, status, publicOrigin, xOrigin, log }: AppDeps): Hono {
  const app = new Hono({ getPath: (request) => new URL(request.url).pathname.toLowerCase() });
  app.use(headers(xOrigin));

  for (const [path, allow] of Object.entries(METHODS)) {
    app.all(path, allowOnly(allow));
  }

  const pages = new Hono();
  pages.use(csrf({ origin: publicOrigin }), bodyLimit({ maxSize: FORM_LIMIT_BYTES }));
  pages.route("/", statusRoutes(status));
  pages.route("/", signInRoutes(signIn));

  app.route("/", portalRoutes(portal));
  app.route("/", pages);

  app.notFound((c) => problem(c, 404, { title: "Not found" }));
  app.onError((error, c) => {
    if (error instanceof HTTPException) {
      log("request.refused", { method: c.req.method, path: c.req.path, status: error.status });
      return problem(c, error.status, { title: "The request was refused" });
    }
    log("request.failed", { method: c.req.method, path: c.req.path }, error);
    return problem(c, 500, { title: "The connector failed", detail: "Its log says how." });
  });
  return app;
}

const METHODS = {
  "/": "GET, POST",
  "/healthz": "GET",
  "/setup/validate": "GET",
  "/job/iscreated": "GET",
  "/job/ondeleted": "DELETE",
  "/job/onremediation": "GET",
  "/data/ondownloadrequest": "POST",
  "/preview/onjobcreating": "GET, POST",
  "/sign-in/twitter": "POST",
  "/sign-in/confirm": "POST",
  "/views/twitteroauth": "GET",
};

/** Comes before anything that looks at the request, so that a wrong method is told what is right. */
function allowOnly(allow: string): MiddlewareHandler {
  const methods = new Set(allow.replace("GET", "GET, HEAD").split(", "));
  return async (c, next) => {
    if (methods.has(c.req.method)) {
      return next();
    }
    c.header("allow", allow);
    return problem(c, 405, { title: "Method not allowed", detail: `Use ${allow}` });
  };
}

function headers(xOrigin: string): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: [NONCE],
      scriptSrc: [NONCE],
      imgSrc: ["data:"],
      // The sign-in form leads to X, and X may lead on to its other names.
      formAction: ["'self'", xOrigin, "https://x.com", "https://twitter.com"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
    xFrameOptions: "DENY",
    referrerPolicy: "no-referrer",
    crossOriginOpenerPolicy: "unsafe-none",
    permissionsPolicy: { camera: [], microphone: [], geolocation: [] },
  });
}
