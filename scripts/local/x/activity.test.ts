import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { LocalX } from "../contracts.ts";
import { closeServer, listen } from "../listen.ts";
import type { ScriptEvent } from "./script-event.ts";
import { postAt, startSmallX } from "./testing/small-timeline.ts";
import { createAppClient, createClient, KEYS } from "./testing/x-client.ts";

const DAY = "2026-01-01T";
const post = postAt(`${DAY}01:00:00.000Z`);
const mention = postAt(`${DAY}02:00:00.000Z`, {
  author_id: "43",
  entities: { mentions: [{ username: "small", id: "42" }] },
});
const hidden = postAt(`${DAY}02:30:00.000Z`, { ...mention, id: "99", author_id: "44" });
const script: ScriptEvent[] = [
  {
    at: `${DAY}03:00:00.000Z`,
    what: "bio",
    set: { description: "We are small", pinned_tweet_id: null },
  },
  { at: `${DAY}04:00:00.000Z`, what: "delete", post: post.id },
];

const eventSchema = z.object({
  data: z.object({
    event_uuid: z.string().regex(/^-?\d{1,19}$/),
    filter: z.object({ user_id: z.string() }),
    event_type: z.string(),
    tag: z.string().optional(),
    payload: z.record(z.string(), z.unknown()),
  }),
});

/** A webhook's door: answers the challenge, and keeps what comes in with its signature. */
async function openDoor(secret: string) {
  const received: { body: string; signature: string | string[] | undefined }[] = [];
  let status = 200;
  const answer = async (request: IncomingMessage) => {
    const token = new URL(request.url ?? "/", "http://127.0.0.1").searchParams.get("crc_token");
    if (request.method === "GET") {
      return JSON.stringify({ response_token: sign(secret, token ?? "") });
    }
    const signature = request.headers["x-twitter-webhooks-signature"];
    received.push({ body: await text(request), signature });
    return "";
  };
  const server: Server = createServer((request, response) => {
    void answer(request).then((body) => response.writeHead(status).end(body));
  });
  const url = `http://127.0.0.1:${await listen(server)}/x/events`;
  return {
    url,
    received,
    events: () => received.map(({ body }) => eventSchema.parse(JSON.parse(body)).data),
    answerWith: (code: number) => (status = code),
    close: () => closeServer(server),
  };
}

function sign(secret: string, body: string): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("base64")}`;
}

describe("X's activity", () => {
  let x: LocalX;
  let door: Awaited<ReturnType<typeof openDoor>>;
  beforeEach(async () => {
    x = await startSmallX([post], { otherPosts: [mention, hidden], script, history: false });
    door = await openDoor(KEYS.twitterApiSecretKey);
  });
  afterEach(async () => {
    await x.close();
    await door.close();
  });

  const asUser = () => createClient(x.url).v2;
  const asApp = async () => (await createAppClient(x.url).appLogin()).v2;
  const register = async (url = door.url) => {
    const answer: unknown = await (await asApp()).post("webhooks", { url });
    return z.object({ data: z.object({ id: z.string(), valid: z.boolean() }) }).parse(answer).data;
  };
  const follow = async (
    client: Awaited<ReturnType<typeof asApp>>,
    type: string,
    more: object = {},
  ) => {
    const body = { event_type: type, filter: { user_id: "42" }, ...more };
    const answer: unknown = await client.post("activity/subscriptions", body);
    return z
      .object({ data: z.object({ subscription: z.object({ subscription_id: z.string() }) }) })
      .parse(answer).data.subscription.subscription_id;
  };

  it("takes a webhook that answers the challenge with the app's secret, one, and no other", async () => {
    expect(await register()).toMatchObject({ valid: true });
    const stranger = await openDoor("another secret");
    for (const [url, reason] of [
      [door.url, "DuplicateUrlFailed"],
      [stranger.url, "WebhookLimitExceeded"],
      ["http://connector.example/x/events", "UrlValidationFailed"],
      ["https://connector.example:8443/x/events", "UrlValidationFailed"],
      [`https://connector.example/${"x".repeat(200)}`, "UrlValidationFailed"],
    ] as const) {
      await expect(register(url)).rejects.toMatchObject({
        code: 400,
        data: { errors: [{ message: reason }] },
      });
    }
    const client = await asApp();
    const listed: unknown = await client.get("webhooks");
    expect(listed).toMatchObject({
      data: [{ url: door.url, valid: true }],
      meta: { result_count: 1 },
    });
    await client.delete(`webhooks/${(await listedIds())[0]}`);
    await expect(register(stranger.url)).rejects.toMatchObject({
      data: { errors: [{ message: "CrcValidationFailed" }] },
    });
    await stranger.close();
  });

  async function listedIds(): Promise<string[]> {
    const answer: unknown = await (await asApp()).get("webhooks");
    return z
      .object({ data: z.array(z.object({ id: z.string() })) })
      .parse(answer)
      .data.map(({ id }) => id);
  }

  it("is nothing that a user may set up webhooks for", async () => {
    await expect(asUser().post("webhooks", { url: door.url })).rejects.toMatchObject({ code: 403 });
  });

  it("is brought, signed, as X's clock passes it, to whoever has subscribed", async () => {
    const webhook_id = (await register()).id;
    const client = await asApp();
    await follow(client, "post.delete", { webhook_id, tag: "job 7" });
    await follow(client, "profile.update.bio", { webhook_id });
    await follow(asUser(), "post.mention.create", { webhook_id });
    x.setNow(new Date(`${DAY}02:45:00Z`));
    await x.delivered();
    expect(door.events()).toMatchObject([
      { event_type: "post.mention.create", payload: { id: mention.id, author_id: "43" } },
    ]);
    x.setNow(new Date(`${DAY}05:00:00Z`));
    const deliveries = await x.delivered();
    expect(door.events().slice(1)).toMatchObject([
      {
        event_type: "post.delete",
        filter: { user_id: "42" },
        tag: "job 7",
        payload: { id: post.id, author_id: "42" },
      },
      { event_type: "profile.update.bio", payload: { before: "", after: "We are small" } },
    ]);
    expect(deliveries.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const { body, signature } of door.received) {
      expect(signature).toBe(sign(KEYS.twitterApiSecretKey, body));
    }
  });

  it("is brought once, and to nobody whose webhook failed the challenge", async () => {
    const webhook_id = (await register()).id;
    const client = await asApp();
    await follow(client, "post.create", { webhook_id });
    door.answerWith(500);
    x.setNow(new Date(`${DAY}01:30:00Z`));
    expect(await x.delivered()).toMatchObject([{ type: "post.create", status: 500 }]);
    await expect(client.put(`webhooks/${webhook_id}`)).rejects.toMatchObject({
      data: { errors: [{ message: "CrcValidationFailed" }] },
    });
    await follow(client, "post.delete", { webhook_id });
    x.setNow(new Date(`${DAY}05:00:00Z`));
    expect((await x.delivered())[1]).toMatchObject({ type: "post.delete", status: undefined });
    door.answerWith(200);
    const validated: unknown = await client.put(`webhooks/${webhook_id}`);
    expect(validated).toEqual({ data: { valid: true } });
    expect(door.received).toHaveLength(1);
  });

  it.each([
    ["of another user, as a user", "user", { filter: { user_id: "43" } }, 403],
    ["to what is private, as the app", "app", { event_type: "post.mention.create" }, 403],
    ["to an event that X does not have", "app", { event_type: "post.edit" }, 400],
    ["to a webhook that is not there", "app", { webhook_id: "7" }, 400],
    ["with a tag of 201 characters", "app", { tag: "x".repeat(201) }, 400],
  ])("takes no subscription %s", async (_what, as, more, code) => {
    const client = as === "app" ? await asApp() : asUser();
    await expect(follow(client, "post.delete", more)).rejects.toMatchObject({ code });
  });

  it("lists subscriptions, a user's own to him, and takes each once", async () => {
    const client = await asApp();
    const id = await follow(client, "post.delete");
    await follow(client, "post.delete", { filter: { user_id: "43" } });
    await expect(follow(client, "post.delete")).rejects.toMatchObject({ code: 409 });
    const all: unknown = await client.get("activity/subscriptions");
    const own: unknown = await asUser().get("activity/subscriptions");
    expect(all).toMatchObject({ meta: { result_count: 2 } });
    expect(own).toMatchObject({ data: [{ subscription_id: id }], meta: { result_count: 1 } });
    const removed: unknown = await client.delete(`activity/subscriptions/${id}`);
    expect(removed).toEqual({ data: { deleted: true }, meta: { total_subscriptions: 1 } });
  });
});
