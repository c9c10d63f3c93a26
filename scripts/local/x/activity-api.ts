import { type Context, Hono } from "hono";
import { z } from "zod";
import { type BearerTokens, requireAppOnly } from "./app-only.ts";
import { authenticate, type Credentials } from "./authenticate.ts";
import { invalidRequest, plainProblem, Refusal, UNAUTHORIZED } from "./problems.ts";
import { createRequestCounter } from "./rate-limits.ts";
import { isPublic, type Subscriptions, subscriptionRequest } from "./subscriptions.ts";
import type { Webhooks } from "./webhooks.ts";

export type ActivityOptions = {
  credentials: Credentials;
  bearerTokens: BearerTokens;
  webhooks: Webhooks;
  subscriptions: Subscriptions;
};

const webhookRequest = z.object({ url: z.string() });

/** Webhooks of the app, which it asks for by itself, and what is brought to them. */
export function createActivityApi(options: ActivityOptions): Hono {
  const { webhooks, subscriptions } = options;
  const count = createRequestCounter(Date.now);
  const app = new Hono();
  const asApp = (c: Context, endpoint: "/2/webhooks" | "/2/activity/subscriptions") =>
    count(c, requireAppOnly(c, options.bearerTokens), endpoint);

  app.get("/2/webhooks", (c) => {
    asApp(c, "/2/webhooks");
    const data = webhooks.all();
    return c.json({ data, meta: { result_count: data.length } });
  });

  app.post("/2/webhooks", async (c) => {
    asApp(c, "/2/webhooks");
    const { url } = await readBody(c, webhookRequest);
    return c.json({ data: await webhooks.add(url) });
  });

  app.put("/2/webhooks/:id", async (c) => {
    asApp(c, "/2/webhooks");
    const { valid } = await webhooks.validate(c.req.param("id"));
    return c.json({ data: { valid } });
  });

  app.delete("/2/webhooks/:id", (c) => {
    asApp(c, "/2/webhooks");
    webhooks.remove(c.req.param("id"));
    return c.json({ data: { deleted: true } });
  });

  app.get("/2/activity/subscriptions", async (c) => {
    const userId = await enter(c);
    const data = subscriptions.all().filter(({ filter }) => !userId || filter.user_id === userId);
    return c.json({ data, meta: { result_count: data.length } });
  });

  app.post("/2/activity/subscriptions", async (c) => {
    const userId = await enter(c);
    const wanted = await readBody(c, subscriptionRequest);
    const { event_type: type, filter, webhook_id: webhookId } = wanted;
    if (userId === undefined ? !isPublic(type) : filter.user_id !== userId) {
      throw new Refusal(plainProblem(403, "Forbidden"));
    }
    if (webhookId !== undefined && webhooks.find(webhookId) === undefined) {
      throw new Refusal(invalidRequest("webhook_id", webhookId, "WebhookIdInvalid"));
    }
    if (subscriptions.has(wanted)) {
      throw new Refusal(plainProblem(409, "Duplicate subscription"));
    }
    if (subscriptions.isFull()) {
      throw new Refusal(plainProblem(403, "Subscription limit exceeded"));
    }
    const subscription = subscriptions.add(wanted);
    return c.json({ data: { subscription }, meta: totalOf(subscriptions) });
  });

  app.delete("/2/activity/subscriptions/:id", (c) => {
    asApp(c, "/2/activity/subscriptions");
    if (!subscriptions.remove(c.req.param("id"))) {
      throw new Refusal(plainProblem(404, "Not Found"));
    }
    return c.json({ data: { deleted: true }, meta: totalOf(subscriptions) });
  });

  /** @returns the user who signed; undefined: the app asks by itself. */
  async function enter(c: Context): Promise<string | undefined> {
    if (/^Bearer\s/i.test(c.req.header("authorization") ?? "")) {
      asApp(c, "/2/activity/subscriptions");
      return undefined;
    }
    const signer = await authenticate(c, options.credentials);
    if (signer.kind !== "user") {
      throw new Refusal(UNAUTHORIZED);
    }
    count(c, signer.access.token, "/2/activity/subscriptions");
    return signer.access.userId;
  }

  return app;
}

function totalOf(subscriptions: Subscriptions) {
  return { total_subscriptions: subscriptions.all().length };
}

async function readBody<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(await c.req.json().catch(() => undefined));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const member = issue?.path.join(".") ?? "body";
    throw new Refusal(invalidRequest(member, "", issue?.message ?? "is not valid"));
  }
  return parsed.data;
}
