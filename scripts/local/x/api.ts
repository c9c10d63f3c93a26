import { Hono, type Context } from "hono";
import { answerPosts, lookUp } from "./answer-posts.ts";
import { answerUsers, lookUpUsers } from "./answer-users.ts";
import { authenticate, type Credentials } from "./authenticate.ts";
import { type BearerTokens, requireAppOnly } from "./app-only.ts";
import { createSearchPace, type createBilling, type Endpoint } from "./meters.ts";
import type { PageTokens } from "./page-tokens.ts";
import { invalidRequest, Refusal, TOO_MANY_REQUESTS, UNAUTHORIZED } from "./problems.ts";
import { createRequestCounter } from "./rate-limits.ts";
import type { Stage } from "./stage.ts";
import type { User } from "./timeline.ts";
import { readSearchPage } from "./search.ts";
import { readTimelinePage } from "./timeline-page.ts";
import type { Clock } from "./timeline-query.ts";
import type { View } from "./view.ts";
import { readSelection } from "./vocabulary.ts";

export type ApiOptions = {
  stage: Stage;
  credentials: Credentials;
  billing: ReturnType<typeof createBilling>;
  pageTokens: PageTokens;
  bearerTokens: BearerTokens;
  /** X's clock for what exists; undefined: everything exists. */
  existsUntil(): Date | undefined;
  /** Posts that X does not show yet. */
  hidden(): ReadonlySet<string>;
  /** X's clock for the rules about times. */
  clock(): Clock;
  /** Told of each profile that an account was shown of itself, with all that it says. */
  onProfile(user: User): void;
  searchPauseMs?: number | undefined;
};

const MAX_IDS = 100;

const SELECTION_PARAMETERS = [
  "tweet.fields",
  "post.fields",
  "expansions",
  "media.fields",
  "poll.fields",
  "place.fields",
  "user.fields",
];

const MENTIONS_PARAMETERS = [
  ...SELECTION_PARAMETERS,
  "max_results",
  "pagination_token",
  "since_id",
  "until_id",
  "start_time",
  "end_time",
];

const TIMELINE_PARAMETERS = [...MENTIONS_PARAMETERS, "exclude"];

const SEARCH_PARAMETERS = [
  ...SELECTION_PARAMETERS,
  "query",
  "max_results",
  "next_token",
  "pagination_token",
  "since_id",
  "until_id",
  "start_time",
  "end_time",
];

/** The endpoints under `/2` (docs/x-api.md). */
export function createApi(options: ApiOptions): Hono {
  const { billing, pageTokens } = options;
  const { asUser: enter, count } = createEntrance(options);
  const app = new Hono();

  app.get("/2/users/me", async (c) => {
    const { query, view } = await enter(c, "GET /2/users/me", SELECTION_PARAMETERS);
    const selection = readSelection(query);
    const { users, errors } = lookUpUsers(view, [view.viewerId]);
    const { data = [], ...others } = answerUsers(view, selection, { users, errors });
    if (selection.user.has("description")) {
      users.forEach((user) => options.onProfile(user));
    }
    return c.json({ data: data[0], ...others });
  });

  app.get("/2/users", async (c) => {
    const { query, view } = await enter(c, "GET /2/users", ["ids", ...SELECTION_PARAMETERS]);
    const found = lookUpUsers(view, readIds(query));
    const answer = answerUsers(view, readSelection(query), found);
    billing.count({ users: found.users, includes: answer.includes });
    return c.json(answer);
  });

  for (const kind of ["tweets", "mentions"] as const) {
    const parameters = kind === "tweets" ? TIMELINE_PARAMETERS : MENTIONS_PARAMETERS;
    app.get(`/2/users/:id/${kind}`, async (c) => {
      const { query, view } = await enter(c, `GET /2/users/:id/${kind}`, parameters);
      const userId = requireId("id", c.req.param("id"));
      const clock = options.clock();
      const request = { kind, view, userId, query, clock, pageTokens };
      const { posts, answer } = readTimelinePage(request);
      const isOwned = userId === view.viewerId;
      billing.count({ posts, includes: answer.includes, isOwned });
      return c.json(answer);
    });
  }

  app.get("/2/tweets", async (c) => {
    const { query, view } = await enter(c, "GET /2/tweets", ["ids", ...SELECTION_PARAMETERS]);
    const selection = readSelection(query);
    const found = lookUp(view, selection, { parameter: "ids", ids: readIds(query) });
    const answer = answerPosts(view, selection, found);
    billing.count({ posts: found.posts, includes: answer.includes });
    return c.json(answer);
  });

  const isTooSoon = createSearchPace(Date.now, options.searchPauseMs);
  app.get("/2/tweets/search/all", (c) => {
    const token = requireAppOnly(c, options.bearerTokens);
    count(c, token, "GET /2/tweets/search/all");
    if (isTooSoon()) {
      throw new Refusal(TOO_MANY_REQUESTS);
    }
    const query = new URL(c.req.url).searchParams;
    refuseUnknown(query, SEARCH_PARAMETERS);
    const view = viewOf(options, "");
    const { posts, answer } = readSearchPage({ view, query, clock: options.clock(), pageTokens });
    billing.count({ posts, includes: answer.includes });
    return c.json(answer);
  });

  app.get("/2/tweets/:id", async (c) => {
    const { query, view } = await enter(c, "GET /2/tweets/:id", SELECTION_PARAMETERS);
    const selection = readSelection(query);
    const ids = [requireId("id", c.req.param("id"))];
    const found = lookUp(view, selection, { parameter: "id", ids });
    const { data, ...others } = answerPosts(view, selection, found);
    billing.count({ posts: found.posts, includes: others.includes });
    return c.json(data === undefined ? others : { data: data[0], ...others });
  });

  return app;
}

/** Signature, then rate limit, then names of parameters: a request that is refused late has counted. */
function createEntrance(options: ApiOptions) {
  const { credentials } = options;
  const count = createRequestCounter(Date.now);
  const asUser = async (c: Context, endpoint: Endpoint, parameters: readonly string[]) => {
    const signer = await authenticate(c, credentials);
    if (signer.kind !== "user") {
      throw new Refusal(UNAUTHORIZED);
    }
    count(c, signer.access.token, endpoint);
    const query = new URL(c.req.url).searchParams;
    refuseUnknown(query, parameters);
    return { query, view: viewOf(options, signer.access.userId) };
  };
  return { asUser, count };
}

function viewOf(options: ApiOptions, viewerId: string): View {
  const now = options.existsUntil();
  return { timeline: options.stage(now), viewerId, now, hidden: options.hidden() };
}

function readIds(query: URLSearchParams): string[] {
  const text = query.get("ids") ?? "";
  const ids = text.split(",");
  if (ids.length > MAX_IDS) {
    const message = `The number of values in the \`ids\` query parameter list [${ids.length}] is not between 1 and ${MAX_IDS}`;
    throw new Refusal(invalidRequest("ids", text, message));
  }
  return ids.map((id) => requireId("ids", id));
}

function requireId(parameter: string, value: string): string {
  if (!/^\d{1,19}$/.test(value)) {
    const message = `The \`${parameter}\` parameter value [${value}] is not valid`;
    throw new Refusal(invalidRequest(parameter, value, message));
  }
  return value;
}

function refuseUnknown(query: URLSearchParams, known: readonly string[]): void {
  for (const [name, value] of query) {
    if (!known.includes(name)) {
      const message = `The query parameter [${name}] is not one of [${known.join(",")}]`;
      throw new Refusal(invalidRequest(name, value, message));
    }
  }
}
