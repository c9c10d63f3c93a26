import http from "node:http";
import net from "node:net";
import { TwitterApi } from "twitter-api-v2";
import type { TwitterKeys } from "../../contracts.ts";

export const KEYS: TwitterKeys = {
  twitterApiKey: "local-api-key",
  twitterApiSecretKey: "local-api-secret",
  twitterAccessToken: "4418820117-local-token",
  twitterAccessTokenSecret: "local-token-secret",
};

/** Connects to the local X whatever the address says (docs/x-api.md#twitter-api-v2). */
class LocalAgent extends http.Agent {
  protocol = "https:";
  defaultPort = 443;
  readonly port: number;

  constructor(url: string) {
    super();
    this.port = Number(new URL(url).port);
  }

  override createConnection(): net.Socket {
    return net.connect({ host: "127.0.0.1", port: this.port });
  }
}

/** X's usual client library, signing as the account itself or with other keys. */
export function createClient(url: string, keys: Partial<TwitterKeys> = {}): TwitterApi {
  const all = { ...KEYS, ...keys };
  return new TwitterApi(
    {
      appKey: all.twitterApiKey,
      appSecret: all.twitterApiSecretKey,
      accessToken: all.twitterAccessToken,
      accessSecret: all.twitterAccessTokenSecret,
    },
    { httpAgent: new LocalAgent(url) },
  );
}

export function createAppClient(url: string, keys: Partial<TwitterKeys> = {}): TwitterApi {
  const { twitterApiKey: appKey, twitterApiSecretKey: appSecret } = { ...KEYS, ...keys };
  return new TwitterApi({ appKey, appSecret }, { httpAgent: new LocalAgent(url) });
}

/** A client that goes on with tokens of the sign-in flow. */
export function createUserClient(
  url: string,
  accessToken: string,
  accessSecret: string,
): TwitterApi {
  return createClient(url, {
    twitterAccessToken: accessToken,
    twitterAccessTokenSecret: accessSecret,
  });
}
