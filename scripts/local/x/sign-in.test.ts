import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LocalX } from "../contracts.ts";
import { CALLBACK, postAt, startSmallX } from "./testing/small-timeline.ts";
import { createAppClient, createClient, createUserClient } from "./testing/x-client.ts";

describe("signing in at X", () => {
  let x: LocalX;

  beforeEach(async () => {
    x = await startSmallX([postAt("2026-01-01T00:00:00.000Z")]);
  });
  afterEach(async () => x.close());

  async function requestToken() {
    return createAppClient(x.url).generateAuthLink(CALLBACK, {
      linkMode: "authorize",
      forceLogin: true,
    });
  }

  async function press(token: string, form: Record<string, string>): Promise<Response> {
    const body = new URLSearchParams({ oauth_token: token, ...form });
    return fetch(`${x.url}/oauth/authorize`, { method: "POST", body, redirect: "manual" });
  }

  async function authorize(username = "small") {
    const link = await requestToken();
    const answer = await press(link.oauth_token, { action: "authorize", username });
    const callback = new URL(answer.headers.get("location") ?? "");
    const verifier = callback.searchParams.get("oauth_verifier") ?? "";
    const { oauth_token: token, oauth_token_secret: secret } = link;
    return { answer, callback, verifier, client: createUserClient(x.url, token, secret) };
  }

  it("leads from a request token through the page to an access token of the account", async () => {
    const { answer, callback, verifier, client } = await authorize("@SMALL");
    expect(answer.status).toBe(302);
    expect(callback.href.startsWith(`${CALLBACK}?oauth_token=`)).toBe(true);
    const login = await client.login(verifier);
    expect(login).toMatchObject({ userId: "42", screenName: "small" });
    const user = createUserClient(x.url, login.accessToken, login.accessSecret);
    expect((await user.v2.me()).data).toEqual({ id: "42", name: "Small", username: "small" });
  });

  it.each(["authorize", "authenticate"])(
    "shows a form with the account's name at %s",
    async (path) => {
      const { oauth_token: token } = await requestToken();
      const page = await fetch(`${x.url}/oauth/${path}?oauth_token=${token}&force_login=true`);
      const text = await page.text();
      expect(page.headers.get("content-type")).toMatch(/^text\/html/);
      expect(text).toContain(`<form method="post" action="/oauth/${path}">`);
      expect(text).toContain('name="username" value="small"');
      expect(text).toContain('name="action" value="authorize"');
      expect(text).toContain('name="action" value="cancel"');
    },
  );

  it("goes back with `denied` when the user cancels, and the request token is dead", async () => {
    const { oauth_token: token } = await requestToken();
    const answer = await press(token, { action: "cancel" });
    expect(answer.headers.get("location")).toBe(`${CALLBACK}?denied=${token}`);
    expect((await press(token, { action: "authorize", username: "small" })).status).toBe(403);
  });

  it("shows the page again with the error for an unknown account", async () => {
    const { oauth_token: token } = await requestToken();
    const page = await press(token, { action: "authorize", username: "<nobody>" });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("There is no account @&lt;nobody&gt; here");
  });

  it("refuses a page for a token that it did not issue", async () => {
    expect((await fetch(`${x.url}/oauth/authorize?oauth_token=other`)).status).toBe(403);
  });

  it.each([`${CALLBACK}/`, CALLBACK.toLowerCase(), "oob", `${CALLBACK}?a=b`])(
    "refuses the callback %s, because it is not exactly the allowed one",
    async (callback) => {
      const refused = createAppClient(x.url).generateAuthLink(callback);
      await expect(refused).rejects.toMatchObject({ code: 403, data: { errors: [{ code: 415 }] } });
    },
  );

  it("exchanges a verifier once only", async () => {
    const { verifier, client } = await authorize();
    await client.login(verifier);
    await expect(client.login(verifier)).rejects.toMatchObject({ code: 401 });
  });

  it("refuses a wrong verifier", async () => {
    const { client } = await authorize();
    await expect(client.login("wrong")).rejects.toMatchObject({ code: 401 });
  });

  it("refuses a revoked token with code 89", async () => {
    const { verifier, client } = await authorize();
    const login = await client.login(verifier);
    const user = createUserClient(x.url, login.accessToken, login.accessSecret);
    await user.v1.post("oauth/invalidate_token.json");
    await expect(user.v2.me()).rejects.toMatchObject({
      code: 401,
      data: { errors: [{ code: 89 }] },
    });
    expect((await createClient(x.url).v2.me()).data.id).toBe("42");
  });

  it.each([
    { twitterApiKey: "other" },
    { twitterApiSecretKey: "other" },
    { twitterAccessToken: "other" },
    { twitterAccessTokenSecret: "other" },
  ])("refuses a client with a wrong key: %o", async (keys) => {
    const refused = createClient(x.url, keys).v2.me();
    await expect(refused).rejects.toMatchObject({ code: 401, data: { title: "Unauthorized" } });
  });

  it("refuses a bearer token as unsupported, and no token at all as unauthorized", async () => {
    const address = `${x.url}/2/users/me`;
    const bearer = await fetch(address, { headers: { authorization: "Bearer abc" } });
    expect(bearer.status).toBe(403);
    expect(await bearer.json()).toMatchObject({ title: "Unsupported Authentication" });
    expect((await fetch(address)).status).toBe(401);
  });
});
