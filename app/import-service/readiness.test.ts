import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CALLBACK } from "../../scripts/local/x/testing/small-timeline.ts";
import { ConnectorError } from "../errors.ts";
import { createPlatform, type Platform } from "./client.ts";
import {
  ACCOUNT,
  createAppOf,
  createParts,
  type Harness,
  type Parts,
  startHarness,
} from "../testing/harness.ts";
import { as, basic } from "../testing/platform-calls.ts";
import { startScriptedX } from "../testing/serve-x.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.close());

describe("Validate", () => {
  it("is true while X, Entra, the archive and the worker do their part", async () => {
    const response = await harness.app.request("/setup/Validate", as(basic()));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ Status: true, Message: null });
  });

  it("says which values to set while the Twitter values are missing", async () => {
    const none = Object.fromEntries(
      [
        "TWITTER_API_KEY",
        "TWITTER_API_SECRET_KEY",
        "TWITTER_ACCESS_TOKEN",
        "TWITTER_ACCESS_TOKEN_SECRET",
      ].map((name) => [name, ""]),
    );
    const other = await startHarness({ settings: none });
    const message = await messageOf(other);
    await other.close();
    expect(message).toMatch(/^X: .*twitterApiKey.*npm run up/);
  });

  it("says what to do when X refuses the keys", async () => {
    const other = await startHarness({ settings: { TWITTER_API_SECRET_KEY: "not-the-secret" } });
    const message = await messageOf(other);
    await other.close();
    expect(message).toMatch(/^X: X answered 401 .*copy the four values.*npm run up/);
    expect(other.log.of("validate.failed")).toMatchObject([
      { detail: "X", code: "x-token-refused" },
    ]);
  });

  it("names the exact callback URL, and where to enter it, when X knows another", async () => {
    const other = await startHarness({ x: { callbackUrl: `${CALLBACK}/` } });
    const message = await messageOf(other);
    await other.close();
    expect(message).toMatch(
      /^X callback URL: X answered 403 .*not approved.*user authentication settings/,
    );
    expect(message.endsWith(`: ${CALLBACK}`)).toBe(true);
    expect(other.log.of("validate.failed")).toMatchObject([{ detail: "X callback URL" }]);
  });

  it("asks X for posts as a window does: what X does not take shows before the first one", async () => {
    const refuse = (message: string) => ({
      status: 400,
      body: {
        errors: [{ parameters: { "tweet.fields": ["id,note_tweet"] }, message }],
        title: "Invalid Request",
        type: "https://api.x.com/2/problems/invalid-request",
      },
    });
    const account = { status: 200, body: { data: { ...ACCOUNT } } };
    const scripted = await startScriptedX(({ path }) =>
      path.startsWith("/2/users/me") ? account : refuse("[note_tweet] is not one of [id,text]"),
    );
    const { twitter } = createParts(scripted.url);
    const message = await messageOf(harness, { twitter });
    await scripted.close();
    expect(message).toMatch(/^X: X takes neither.*\[note_tweet\] is not one of \[id,text\].*newer/);
    expect(scripted.requests.map(({ url }) => /(tweet|post)\.fields=/.exec(url)?.[1])).toEqual([
      undefined,
      "tweet",
      "post",
    ]);
  });

  it("does not blame the callback URL for an X that is out of order", async () => {
    const requestToken = async () => {
      throw new ConnectorError("x-unavailable", "X answered 503");
    };
    const twitter = { ...harness.twitter, requestToken };
    expect(await messageOf(harness, { twitter })).toBe("X callback URL: X answered 503");
  });

  it("says so when X cannot be reached", async () => {
    await harness.x.close();
    expect(await messageOf(harness)).toBe("X: X could not be reached");
    harness = await startHarness();
  });

  it("says what to do when Entra refuses the connector, and not what it said", async () => {
    const credential = {
      getToken: async () => {
        throw new Error("AADSTS7000215: Invalid client secret azure-app-secret-0123456789");
      },
    };
    const platform = createPlatform({
      clientId: "client",
      url: "http://127.0.0.1:1",
      createCredential: () => credential,
    });
    const message = await messageOf(harness, { platform });
    expect(message).toMatch(/^Microsoft Entra: .*secret has not expired.*npm run up/);
    expect(message).not.toMatch(/AADSTS|azure-app-secret/);
  });

  it("is true before the consent that the portal asks for later, and logs that it is missing", async () => {
    harness.platform.meetToken(new ConnectorError("consent-missing", "Nobody has consented yet"));
    const response = await harness.app.request("/setup/Validate", as(basic()));
    expect(await response.json()).toEqual({ Status: true, Message: null });
    expect(harness.log.of("validate.failed")).toEqual([]);
    expect(harness.log.of("validate.consent-missing")).toMatchObject([
      { detail: "Microsoft Entra", code: "consent-missing" },
    ]);
  });

  it("says what to do when Entra gives nothing", async () => {
    const platform = createPlatform({
      clientId: "client",
      url: "http://127.0.0.1:1",
      createCredential: () => ({ getToken: async () => null }),
    });
    expect(await messageOf(harness, { platform })).toMatch(/^Microsoft Entra: .+/);
  });

  it("names the host of an Import service that cannot be reached", async () => {
    const unreachable = createPlatform({
      clientId: "client",
      url: "https://127.0.0.1:1",
      createCredential: () => ({ getToken: async () => null }),
    });
    const platform = {
      ...harness.platform,
      checkReachable: () => unreachable.checkReachable(),
    };
    expect(await messageOf(harness, { platform })).toBe(
      "Import service: 127.0.0.1 cannot be reached from the site; its outbound network must allow it",
    );
  });

  it("says what to do when the archive cannot be written to", async () => {
    const put = async () => {
      throw new Error("AuthorizationPermissionMismatch https://a.blob.core.windows.net/x?sig=s");
    };
    const message = await messageOf(harness, { store: { ...harness.store, put } });
    expect(message).toMatch(/^Archive: .*Storage Blob Data Contributor.*npm run up/);
  });

  it("says that evidence can be changed, where it should not be", async () => {
    const tried: string[] = [];
    const tryToChange = async (name: string) => {
      tried.push(name);
      return ["overwrite", "delete"];
    };
    expect(await messageOf(harness, { tryToChange })).toMatch(
      /^Archive: .*can overwrite and delete evidence, although evidenceAccess is create-only/,
    );
    expect(tried).toEqual([expect.stringMatching(/^evidence\/\.checks\/\d{4}-\d\d-\d\d\.txt$/)]);
  });

  it("needs the right to create evidence, too", async () => {
    const create = async () => {
      throw new Error("AuthorizationPermissionMismatch");
    };
    const message = await messageOf(harness, { store: { ...harness.store, create } });
    expect(message).toMatch(/^Archive: .*Storage Blob Data Contributor/);
  });

  it("says what to do when the worker is dead", async () => {
    harness.worker.alive = false;
    expect(await messageOf(harness)).toMatch(/^Worker: .*Restart the site/);
  });

  it("names every obstacle on a line of its own", async () => {
    harness.worker.alive = false;
    harness.platform.meetToken(new Error("no"));
    const lines = (await messageOf(harness)).split("\n");
    expect(lines).toEqual([
      "Microsoft Entra: it cannot be reached.",
      expect.stringMatching(/^Worker: /),
    ]);
  });
});

async function messageOf(
  of: Harness,
  changes: Partial<Omit<Parts, "platform">> & {
    platform?: Platform;
  } = {},
): Promise<string> {
  const { platform = of.platform, ...others } = changes;
  const app = createAppOf({ ...of, ...others, platform: { ...of.platform, ...platform } }, of);
  const response = await app.request("/setup/Validate", as(basic()));
  expect(response.status).toBe(200);
  const body: unknown = await response.json();
  expect(body).toEqual({ Status: false, Message: expect.stringMatching(/./) as unknown });
  return typeof body === "object" && body && "Message" in body ? String(body.Message) : "";
}
