import { Hono } from "hono";
import { readFormField } from "../http/body.ts";
import type { FeedSwitches } from "../feeds/statements.ts";
import { nonceOf } from "../http/security-headers.ts";
import type { Health } from "./health.ts";
import { readOverview } from "./overview.ts";
import { statusPage } from "./page.ts";
import { type RemovalRouteDeps, removalRoutes } from "./removal.ts";

export type StatusDeps = RemovalRouteDeps & FeedSwitches & { health: () => Health };

export function statusRoutes(deps: StatusDeps): Hono {
  const { store, sessions, health, log } = deps;
  const routes = new Hono();
  routes.route("/", removalRoutes(deps));

  routes.get("/healthz", (c) => {
    const { missing, isAble, ...about } = health();
    return c.json({ ...about, ...(missing.length > 0 && { missing }) }, isAble ? 200 : 503);
  });

  routes.get("/", async (c) => {
    const jobs = (await sessions.read(c)) ? await readOverview(store, new Date(), deps) : undefined;
    const { isAble: _, ...about } = health();
    return c.req.header("accept")?.includes("application/json")
      ? c.json({ ...about, ...(jobs && { jobs }) })
      : c.html(statusPage({ nonce: nonceOf(c), health: health(), jobs }));
  });

  routes.post("/", async (c) => {
    const result = await sessions.signIn(c, await readFormField(c, "password"));
    if (result === "signed-in") {
      return c.redirect("/", 303);
    }
    log("sign-in.password-refused", { reason: result });
    const problem =
      result === "wrong"
        ? "That is not the APISecretKey of this connector."
        : "Too many wrong tries. Wait 15 minutes and try again.";
    c.status(result === "wrong" ? 403 : 429);
    return c.html(statusPage({ nonce: nonceOf(c), health: health(), jobs: undefined, problem }));
  });
  return routes;
}
