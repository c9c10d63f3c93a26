import { Hono, type Context } from "hono";
import { authenticate, type Credentials } from "./authenticate.ts";
import { CALLBACK_NOT_APPROVED, INVALID_TOKEN, Refusal, UNAUTHORIZED } from "./problems.ts";
import { deadEndPage, signInPage } from "./sign-in-page.ts";
import type { Timeline } from "./timeline.ts";
import type { RequestToken, Tokens } from "./tokens.ts";
import { findUserByName } from "./view.ts";

export type SignInOptions = {
  timeline: Timeline;
  credentials: Credentials;
  /** The only callback address that the developer app allows, compared exactly. */
  callbackUrl: string;
};

/** The three-legged flow of OAuth 1.0a (docs/x-api.md#sign-in). */
export function createSignIn(options: SignInOptions): Hono {
  const { credentials, timeline } = options;
  const app = new Hono();

  app.post("/oauth/request_token", async (c) => {
    const signer = await authenticate(c, credentials);
    if (signer.parameters.get("oauth_callback") !== options.callbackUrl) {
      throw new Refusal(CALLBACK_NOT_APPROVED);
    }
    const { token, secret } = credentials.tokens.createRequestToken();
    return formAnswer(c, {
      oauth_token: token,
      oauth_token_secret: secret,
      oauth_callback_confirmed: "true",
    });
  });

  for (const path of ["/oauth/authorize", "/oauth/authenticate"]) {
    app.get(path, (c) => {
      const pending = credentials.tokens.pendingRequest(c.req.query("oauth_token") ?? "");
      const username = c.req.query("screen_name") ?? timeline.account.username;
      return pending === undefined
        ? c.html(deadEndPage(), 403)
        : c.html(signInPage({ path, token: pending.token, username }));
    });
    app.post(path, async (c) => decide(c, path, options));
  }

  app.post("/oauth/access_token", async (c) => {
    const signer = await authenticate(c, credentials);
    const verifier = signer.parameters.get("oauth_verifier");
    const access =
      signer.kind === "request" ? credentials.tokens.exchange(signer.request, verifier) : undefined;
    if (access === undefined) {
      throw new Refusal(UNAUTHORIZED);
    }
    return formAnswer(c, {
      oauth_token: access.token,
      oauth_token_secret: access.secret,
      user_id: access.userId,
      screen_name: timeline.users.get(access.userId)?.username ?? "",
    });
  });

  app.post("/1.1/oauth/invalidate_token.json", async (c) => {
    const signer = await authenticate(c, credentials);
    if (signer.kind !== "user") {
      throw new Refusal(INVALID_TOKEN);
    }
    credentials.tokens.revoke(signer.access);
    return c.json({ access_token: signer.access.token });
  });

  return app;
}

/** The user has pressed one of the page's buttons. */
async function decide(c: Context, path: string, options: SignInOptions): Promise<Response> {
  const { credentials, timeline } = options;
  const form = new URLSearchParams(await c.req.text());
  const pending = credentials.tokens.pendingRequest(form.get("oauth_token") ?? "");
  if (pending === undefined) {
    return c.html(deadEndPage(), 403);
  }
  if (form.get("action") !== "authorize") {
    credentials.tokens.deny(pending);
    return c.redirect(withQuery(options.callbackUrl, { denied: pending.token }));
  }
  const username = form.get("username")?.trim().replace(/^@/, "") ?? "";
  const user = findUserByName(timeline, username);
  if (user === undefined) {
    const error = `There is no account @${username} here. Try @${timeline.account.username}.`;
    return c.html(signInPage({ path, token: pending.token, username, error }));
  }
  return c.redirect(withQuery(options.callbackUrl, grant(credentials.tokens, pending, user.id)));
}

function grant(tokens: Tokens, pending: RequestToken, userId: string) {
  const verifier = tokens.authorize(pending, userId);
  return { oauth_token: pending.token, oauth_verifier: verifier };
}

function withQuery(address: string, parameters: Record<string, string>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) {
    url.searchParams.set(name, value);
  }
  return url.href;
}

function formAnswer(c: Context, members: Record<string, string>): Response {
  // X labels these form-encoded answers as HTML; clients must go by the address.
  return c.body(new URLSearchParams(members).toString(), 200, {
    "content-type": "text/html;charset=utf-8",
  });
}
