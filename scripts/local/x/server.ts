import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import type { LocalX, TwitterKeys } from "../contracts.ts";
import type { Faults } from "../faults/fault.ts";
import { injectFaults } from "../faults/inject.ts";
import { closeServer, listen } from "../listen.ts";
import { createActivity } from "./activity.ts";
import { createActivityApi } from "./activity-api.ts";
import { createApi } from "./api.ts";
import { createBearerTokens, createTokenEndpoint } from "./app-only.ts";
import { createMediaFiles } from "./media-files.ts";
import { createMediaHost } from "./media-host.ts";
import { createBilling } from "./meters.ts";
import { Nonces } from "./nonces.ts";
import { createPageTokens } from "./page-tokens.ts";
import { plainProblem, Refusal, type Problem } from "./problems.ts";
import { createProfileJournal } from "./profile-journal.ts";
import { createSignIn } from "./sign-in.ts";
import { createStage, playToNewestPost } from "./stage.ts";
import { createSubscriptions } from "./subscriptions.ts";
import { type Timeline, timelineOf } from "./timeline.ts";
import { Tokens, type AccessToken } from "./tokens.ts";
import { tellFindings } from "./true-findings.ts";
import { tellMentions } from "./true-mentions.ts";
import { tellTruth } from "./truth.ts";
import { createWebhooks } from "./webhooks.ts";

export type XOptions = {
  timeline: Timeline;
  keys: TwitterKeys;
  /** The only callback address that the developer app allows, compared exactly. */
  callbackUrl: string;
  /**
   * All posts exist from the start, and nothing happens after the newest one; otherwise only what has been
   * up to the moment given to `setNow` is there.
   */
  history: boolean;
  faults?: Faults | undefined;
  /** Least time between two searches. Default: a second, as with the real X. */
  searchPauseMs?: number;
};

/** Before the first `setNow` nothing exists. */
const BEFORE_EVERYTHING = new Date(0);

/** Starts X on a free port of 127.0.0.1: its API, its sign-in pages and, by Host header, its media. */
export async function startX(options: XOptions): Promise<LocalX> {
  const { keys } = options;
  const timeline = options.history ? playToNewestPost(options.timeline) : options.timeline;
  const billing = createBilling(Date.now, timeline);
  const credentials = {
    keys,
    tokens: new Tokens(ownAccess(options)),
    nonces: new Nonces(Date.now),
  };
  const bearerTokens = createBearerTokens();
  const files = createMediaFiles(timeline);
  const stage = createStage(timeline);
  const webhooks = createWebhooks(keys.twitterApiSecretKey, Date.now);
  const subscriptions = createSubscriptions(Date.now);
  const activity = createActivity({ stage, webhooks, subscriptions });
  const journal = createProfileJournal(Date.now, files);
  let windowsNow: Date | undefined;
  let isRunning = options.history;
  let hidden = timeline.latePosts;

  const api = createApi({
    stage,
    credentials,
    billing,
    pageTokens: createPageTokens(randomBytes(32)),
    bearerTokens,
    existsUntil: () => (isRunning ? undefined : (windowsNow ?? BEFORE_EVERYTHING)),
    hidden: () => hidden,
    searchPauseMs: options.searchPauseMs,
    clock: () =>
      isRunning || windowsNow === undefined
        ? { now: Date.now(), followsWindows: false }
        : { now: windowsNow.getTime(), followsWindows: true },
    onProfile: (user) => journal.enter(user),
  });
  const site = new Hono()
    .route("/", createTokenEndpoint(keys, bearerTokens))
    .route("/", createSignIn({ timeline, credentials, callbackUrl: options.callbackUrl }))
    .route("/", createActivityApi({ credentials, bearerTokens, webhooks, subscriptions }))
    .route("/", api);
  const media = withProblems(createMediaHost(files));
  const server = createXServer(withProblems(site), media, options.faults);
  const port = await listen(server);
  const { id, username, name } = timeline.account;

  const tellPosts = onceEach((accountId) => tellTruth(timelineOf(timeline, accountId), files));
  const tellFound = onceEach((accountId) => tellFindings(timelineOf(timeline, accountId), files));
  const tellMentioned = onceEach((accountId) =>
    tellMentions(timelineOf(timeline, accountId), files),
  );

  return {
    url: `http://127.0.0.1:${port}`,
    account: { id, username, name },
    setNow(now) {
      activity.pass({ after: windowsNow ?? BEFORE_EVERYTHING, until: now });
      windowsNow = now;
    },
    delivered: () => activity.delivered(),
    letClockRun() {
      isRunning = true;
    },
    showLatePosts() {
      hidden = new Set();
    },
    posts: (accountId = id) => tellPosts(accountId),
    mentions: (accountId = id) => tellMentioned(accountId),
    findings: (accountId = id) => tellFound(accountId),
    profilesShown: (accountId = id) => journal.shownTo(accountId),
    reads: billing.reads,
    otherReads: billing.otherReads,
    billed: billing.billed,
    returned: billing.returned,
    async close() {
      await activity.delivered();
      await closeServer(server);
    },
  };
}

/** The truth does not change: it is told once for each account. */
function onceEach<T>(tell: (accountId: string) => T): (accountId: string) => T {
  const told = new Map<string, T>();
  return (accountId) => {
    const truth = told.get(accountId) ?? tell(accountId);
    told.set(accountId, truth);
    return truth;
  };
}

/** The developer app's own access token belongs to the account. */
function ownAccess({ keys, timeline }: XOptions): AccessToken {
  const { twitterAccessToken: token, twitterAccessTokenSecret: secret } = keys;
  return { token, secret, userId: timeline.account.id };
}

function createXServer(site: Hono, media: Hono, faults: Faults | undefined): Server {
  const answer = getRequestListener((request) => {
    const host = hostIn(request.headers.get("host"));
    if (isMediaHost(host)) {
      return media.fetch(request);
    }
    return ["api.x.com", "127.0.0.1", "localhost"].includes(host)
      ? site.fetch(request)
      : problemResponse(plainProblem(421, "Misdirected Request"));
  });
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
  injectFaults(server, faults, ({ method = "GET", url = "/", headers }) => {
    const { pathname: path, searchParams } = new URL(url, "https://api.x.com");
    const service = isMediaHost(hostIn(headers.host)) ? "media" : "x";
    const vocabulary = (["post", "tweet"] as const).find((name) =>
      searchParams.has(`${name}.fields`),
    );
    const isFurtherPage = searchParams.has("pagination_token");
    const isQuestion = !isFurtherPage && /^\/2\/users\/\d+\/(?:tweets|mentions)$/.test(path);
    return {
      service,
      method,
      path,
      isFurtherPage,
      ...(vocabulary && { vocabulary }),
      ...(isQuestion && { question: url }),
    };
  });
  return server;
}

function hostIn(header: string | null | undefined): string {
  return (header ?? "").toLowerCase().replace(/:\d+$/, "");
}

function isMediaHost(host: string): boolean {
  return host === "pbs.twimg.com" || host === "video.twimg.com";
}

function withProblems(app: Hono): Hono {
  for (const path of new Set(app.routes.map((route) => route.path))) {
    app.all(path, () => problemResponse(plainProblem(405, "Method Not Allowed")));
  }
  app.notFound(() => problemResponse(plainProblem(404, "Not Found")));
  app.onError((error, c) => {
    if (error instanceof Refusal) {
      // Rate-limit headers that were set before the refusal stay on it.
      return problemResponse(error.problem, c.res.headers);
    }
    console.error("the local X failed:", error);
    return problemResponse(plainProblem(500, "Internal Server Error"));
  });
  return app;
}

function problemResponse({ status, body }: Problem, headers?: Headers): Response {
  const all = new Headers(headers);
  all.set("content-type", "application/problem+json");
  return new Response(JSON.stringify(body), { status, headers: all });
}
