import type http from "node:http";
import { ApiResponseError, TwitterApi } from "twitter-api-v2";
import * as z from "zod";
import { ConnectorError, type ErrorCode } from "../errors.ts";
import type { Settings } from "../settings.ts";
import { X_PUBLIC_URL } from "./agent.ts";
import { createCallGuard } from "./call-guard.ts";
import { refusalWithin, toXError } from "./errors.ts";
import { createPace } from "./pace.ts";
import type { Answer } from "./answer.ts";
import { type AskForPosts } from "./vocabulary.ts";

export type UserToken = { accessToken: string; accessSecret: string };

/** An X account; `posts` is how many posts X says it has, reposts included. */
export type Account = {
  id: string;
  username: string;
  name: string;
  pictureUrl?: string;
  posts?: number;
  createdAt?: string;
};

/** Times are ISO 8601 with second resolution; X reads both ids as exclusive. */
export type TimelineQuery = {
  startTime?: string;
  endTime?: string;
  sinceId?: string;
  untilId?: string;
  paginationToken?: string;
  maxResults: number;
};

/** The question in X's words: the same for each of its timelines. */
export function timelineParameters(query: TimelineQuery): Record<string, string> {
  return {
    max_results: String(query.maxResults),
    ...(query.startTime && { start_time: query.startTime }),
    ...(query.endTime && { end_time: query.endTime }),
    ...(query.sinceId && { since_id: query.sinceId }),
    ...(query.untilId && { until_id: query.untilId }),
    ...(query.paginationToken && { pagination_token: query.paginationToken }),
  };
}

/** As for a timeline, but that X counts the second of `endTime` out, and takes one end alone. */
export type SearchQuery = Required<Pick<TimelineQuery, "startTime">> &
  ({ endTime: string } | { untilId: string }) &
  Pick<TimelineQuery, "paginationToken" | "maxResults">;

export type RequestToken = { oauthToken: string; oauthTokenSecret: string; url: string };

/** The X API as far as the connector uses it. Every method throws ConnectorError with an x- code. */
export type Twitter = {
  /** The account that the token belongs to; without one, of the app's own access token. */
  me(token?: UserToken): Promise<Account>;
  /** Asks for the app's own account and for its posts of the last minute, with all that is ever asked. */
  probe(): Promise<void>;
  /** What X says of that account, verbatim. */
  account(token: UserToken): Promise<Answer>;
  timeline(token: UserToken, accountId: string, query: TimelineQuery): Promise<Answer>;
  /** At most 100 ids. */
  lookup(token: UserToken, ids: string[]): Promise<Answer>;
  /** Posts of an account but for its reposts, however old; of the app alone, and one call a second. */
  search(accountId: string, query: SearchQuery): Promise<Answer>;
  /** Asks anything else as that user. */
  read(token: UserToken, question: Question): Promise<Answer>;
  requestToken(callbackUrl: string): Promise<RequestToken>;
  accessToken(
    request: { oauthToken: string; oauthTokenSecret: string },
    verifier: string,
  ): Promise<{ accountId: string; token: UserToken }>;
  revoke(token: UserToken): Promise<void>;
};

/** Path below `/2/` and parameters; and as what X bills what it gives. Absent: it is free. */
export type Question = {
  path: string;
  query: Record<string, string>;
  billedAs?: "owned" | "others" | "users" | "messages";
  /** For posts: which of all the parameters that ask for everything of a post go along. */
  posts?: (fields: Record<string, string>) => Record<string, string>;
};

/** Whom the app asks for; or the app's own token, for what X answers to the app alone. */
type Caller = UserToken | { bearer: string };

/** A question, and what is an answer of X's in spite of its status. */
type Asked = [path: string, query: Record<string, string>, orElse?: (error: unknown) => Answered];
type Answered = { data: Buffer; headers: Record<string, unknown> };

/** What X says of an account itself, and not of one question about it. */
const OF_THE_ACCOUNT: ReadonlySet<ErrorCode> = new Set(["x-token-refused", "x-forbidden"]);
/** X takes one search a second. */
const SEARCH_PACE_MS = 1_100;
/** Hardly ever has an account posted within it, so that X bills nothing. */
const PROBED_MS = 60_000;
/** For a whole call, the body of its answer included. */
const TIMEOUT_MS = 60_000;
/** Answers of X are kept as they came: the provenance of each page in the archive. */
const KEPT_HEADERS = new Set(["api-version", "content-type", "date", "x-transaction-id"]);

const meSchema = z.object({
  data: z.object({
    id: z.string(),
    username: z.string(),
    name: z.string(),
    created_at: z.iso.datetime().optional().catch(undefined),
    profile_image_url: z.string().optional(),
    public_metrics: z
      .looseObject({ tweet_count: z.number().optional(), post_count: z.number().optional() })
      .optional(),
  }),
});

const bearerSchema = z.object({ bearerToken: z.string().min(1) });

const accessSchema = z.object({
  userId: z.string().min(1),
  accessToken: z.string().min(1),
  accessSecret: z.string().min(1),
});

export function createTwitter(
  settings: Settings,
  {
    agent,
    askForPosts,
    now = () => new Date(),
    timeoutMs = TIMEOUT_MS,
    searchPaceMs = SEARCH_PACE_MS,
  }: {
    agent: http.Agent;
    askForPosts: AskForPosts;
    now?: () => Date;
    timeoutMs?: number;
    searchPaceMs?: number;
  },
): Twitter {
  const call = async <T>(
    caller: Caller | undefined,
    work: (client: TwitterApi) => Promise<T>,
  ): Promise<T> => {
    const credentials = credentialsOf(settings, caller);
    const { plugin, tooLate } = createCallGuard(timeoutMs);
    const options = { httpAgent: agent, plugins: [plugin] };
    try {
      const client =
        "bearer" in credentials
          ? new TwitterApi(credentials.bearer, options)
          : new TwitterApi(credentials, options);
      return await Promise.race([work(client), tooLate]);
    } catch (error) {
      throw toXError(error, { now: now(), sent: Object.values(credentials) });
    }
  };
  const orRefuse = (caller: Caller, { data, headers }: Answered) => {
    const sent = Object.values(credentialsOf(settings, caller));
    const refusal = refusalWithin({ status: 200, body: data, headers }, { now: now(), sent });
    if (refusal) {
      throw refusal;
    }
    return { data, headers };
  };
  const get = (caller: Caller, ...[path, query, orElse = rethrow]: Asked) =>
    call(caller, async (client): Promise<Answer> => {
      const askedat = now().toISOString();
      const response = await client.v2
        .get<Buffer>(path, query, { fullResponse: true, forceParseMode: "buffer" })
        .then((answered) => orRefuse(caller, answered), orElse);
      const about = {
        request: `${path}?${new URLSearchParams(query).toString()}`,
        askedat,
        receivedat: now().toISOString(),
      };
      return { body: response.data, about: { ...about, ...keptHeaders(response.headers) } };
    });
  let bearer: Promise<string> | undefined;
  const bearerOf = () =>
    (bearer ??= call(undefined, async (client) => {
      const tokens = (await client.appLogin()).getActiveTokens();
      return bearerSchema.parse(tokens).bearerToken;
    }));
  const pace = createPace(searchPaceMs);

  const account = (token: UserToken) =>
    askTwice(() =>
      get(token, "users/me", { "user.fields": "created_at,profile_image_url,public_metrics" }),
    );
  const asUser = (token: UserToken, ...asked: Asked) =>
    askTwice(() => get(token, ...asked)).catch(async (error: unknown) => {
      throw await secondOpinion(error, () => account(token));
    });

  const timeline: Twitter["timeline"] = (token, accountId, query) =>
    askForPosts("timeline", (fields) =>
      asUser(token, `users/${accountId}/tweets`, {
        ...fields,
        ...timelineParameters(query),
      }),
    );

  return {
    me: async (token) => parseAccount((await account(token ?? ownToken(settings))).body),
    async probe() {
      const token = ownToken(settings);
      const { id } = parseAccount((await account(token)).body);
      await timeline(token, id, { sinceId: idAt(now().getTime() - PROBED_MS), maxResults: 5 });
    },
    account,
    timeline,
    search: (accountId, query) =>
      askForPosts("search", (fields) =>
        askTwice(() =>
          pace(async () => {
            try {
              return await get({ bearer: await bearerOf() }, "tweets/search/all", {
                ...fields,
                query: `from:${accountId}`,
                max_results: String(query.maxResults),
                start_time: query.startTime,
                ...("untilId" in query ? { until_id: query.untilId } : { end_time: query.endTime }),
                ...(query.paginationToken && { pagination_token: query.paginationToken }),
              });
            } catch (error) {
              // The next call asks for a new token, which costs nothing.
              bearer = undefined;
              throw error;
            }
          }),
        ),
      ),
    lookup: (token, ids) =>
      askForPosts("lookup", (fields) =>
        asUser(token, "tweets", { ...fields, ids: ids.join(",") }, refusalOfPosts),
      ),
    read: (token, { path, query, posts }) =>
      posts
        ? askForPosts("timeline", (fields) => asUser(token, path, { ...posts(fields), ...query }))
        : asUser(token, path, query),
    requestToken: (callbackUrl) =>
      call(undefined, async (client) => {
        const link = await client.generateAuthLink(callbackUrl, {
          linkMode: "authorize",
          forceLogin: true,
        });
        if (link.oauth_callback_confirmed !== "true") {
          throw new ConnectorError("x-bad-response", "X did not confirm the callback URL");
        }
        return {
          oauthToken: link.oauth_token,
          oauthTokenSecret: link.oauth_token_secret,
          url: link.url.replace(X_PUBLIC_URL, settings.X_API_URL),
        };
      }),
    accessToken: ({ oauthToken, oauthTokenSecret }, verifier) =>
      call({ accessToken: oauthToken, accessSecret: oauthTokenSecret }, async (client) => {
        const parsed = accessSchema.safeParse(await client.login(verifier));
        if (!parsed.success) {
          throw new ConnectorError("x-bad-response", "X gave no access token of an account");
        }
        const { userId, accessToken, accessSecret } = parsed.data;
        return { accountId: userId, token: { accessToken, accessSecret } };
      }),
    revoke: (token) =>
      call(token, async (client) => {
        await client.v1.post("oauth/invalidate_token.json", {});
      }),
  };
}

function rethrow(error: unknown): never {
  throw error;
}

/** Slugs of what X says of posts, and not of the question (docs/x-api.md#errors). */
const OF_POSTS = new Set(["resource-not-found", "not-authorized-for-resource"]);
const problemSchema = z.looseObject({
  type: z.string().optional(),
  errors: z
    .array(z.looseObject({ type: z.string().optional(), resource_id: z.string().optional() }))
    .optional(),
});

/**
 * X may say with status 404 what it says with 200 and errors: of posts that are not there
 * (docs/x-api.md#missing-posts).
 */
function refusalOfPosts(error: unknown): Answered {
  if (!(error instanceof ApiResponseError) || error.code !== 404) {
    throw error;
  }
  const data = Buffer.isBuffer(error.data) ? error.data : Buffer.from(JSON.stringify(error.data));
  const { type, errors = [] } = problemSchema.safeParse(parseJson(data)).data ?? {};
  const isOfPosts =
    [type, ...errors.map((one) => one.type)].some((one = "") =>
      OF_POSTS.has(one.split("/").at(-1) ?? ""),
    ) || errors.some(({ resource_id: id }) => id !== undefined);
  if (!isOfPosts) {
    throw error;
  }
  return { data, headers: error.headers };
}

/** A single 401 does not say that a token was revoked: X answers so now and then. */
async function askTwice(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ConnectorError && error.code === "x-token-refused") {
      return ask();
    }
    throw error;
  }
}

/**
 * What looks like an outage of X, unless X says of the account itself why it gives nothing of it.
 * @returns the error that says more.
 */
async function secondOpinion(
  refusal: unknown,
  askAccount: () => Promise<Answer>,
): Promise<unknown> {
  if (!(refusal instanceof ConnectorError) || !refusal.isDoubtful) {
    return refusal;
  }
  const said: unknown = await askAccount().catch((thrown: unknown) => thrown);
  const isOfAccount = said instanceof ConnectorError && OF_THE_ACCOUNT.has(said.code);
  return isOfAccount ? said : refusal;
}

/** The first id of a millisecond (docs/x-api.md#objects). */
function idAt(ms: number): string {
  return String((BigInt(ms) - 1288834974657n) << 22n);
}

function credentialsOf(settings: Settings, caller: Caller | undefined) {
  return caller && "bearer" in caller ? caller : { ...appKeys(settings), ...caller };
}

function appKeys({ TWITTER_API_KEY: appKey, TWITTER_API_SECRET_KEY: appSecret }: Settings) {
  if (!appKey || !appSecret) {
    throw missingKeys();
  }
  return { appKey, appSecret };
}

function ownToken(settings: Settings): UserToken {
  const { TWITTER_ACCESS_TOKEN: accessToken, TWITTER_ACCESS_TOKEN_SECRET: accessSecret } = settings;
  if (!accessToken || !accessSecret) {
    throw missingKeys();
  }
  return { accessToken, accessSecret };
}

function missingKeys(): ConnectorError {
  return new ConnectorError(
    "x-keys-missing",
    "The four Twitter values are not set. Create the X developer app, set them in the stack's " +
      "configuration (twitterApiKey, twitterApiSecretKey, twitterAccessToken, " +
      "twitterAccessTokenSecret) and run `npm run up` again.",
  );
}

/** @throws ConnectorError `x-bad-response`. */
export function parseAccount(body: Uint8Array): Account {
  const parsed = meSchema.safeParse(parseJson(body));
  if (!parsed.success) {
    throw new ConnectorError("x-bad-response", "X did not say whose account the token is");
  }
  const { id, username, name, ...about } = parsed.data.data;
  const { created_at: createdAt, profile_image_url: pictureUrl, public_metrics } = about;
  const posts = public_metrics?.tweet_count ?? public_metrics?.post_count;
  return {
    id,
    username,
    name,
    ...(pictureUrl !== undefined && { pictureUrl }),
    ...(posts !== undefined && { posts }),
    ...(createdAt !== undefined && { createdAt }),
  };
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}

function keptHeaders(headers: object): Record<string, string> {
  const entries = Object.entries(headers).filter(
    (entry): entry is [string, string] =>
      KEPT_HEADERS.has(entry[0]) && typeof entry[1] === "string",
  );
  return Object.fromEntries(entries.map(([name, value]) => [name.replaceAll("-", ""), value]));
}
