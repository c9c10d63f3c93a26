import { vi } from "vitest";
import { createUpload } from "../delivery/upload.ts";
import { createXAgent } from "../twitter/agent.ts";
import { createFetchMedia } from "../twitter/media.ts";
import { startWorker, type WorkerDeps } from "../worker/worker.ts";
import { captureDepsOf } from "./captures.ts";
import { createIssuer, GOOD_CLAIMS, type Issuer } from "./entra-tokens.ts";
import { addJob, createAppOf, createParts, type Parts } from "./harness.ts";
import { as, downloadRequest, postJson, SAS_URI } from "./platform-calls.ts";
import { leaksIn, X_GIVES } from "./secrets.ts";
import { type ScriptedAnswer, startScriptedX } from "./serve-x.ts";
import { createVisitor, jobPath, logIn, type Page, sealedIn, type Visitor } from "./visitor.ts";

const ISSUER = createIssuer();

type Fault = { path: string; answer: ScriptedAnswer | undefined };

/** A job, a person and a platform, an X that misbehaves where it is told to, and whoever listens. */
export type LeakyWorld = {
  parts: Parts;
  /** Calls as the platform, and listens to the answer. */
  call: (path: string, init?: RequestInit) => Promise<void>;
  /** Gets a page or sends a form as the administrator, and listens. */
  visit: (path: string, form?: Record<string, string>) => Promise<Page>;
  goToX: () => Promise<void>;
  comeBack: () => Promise<void>;
  confirm: () => Promise<void>;
  /** Lets a worker do a task until it is done, waits or has failed; then looks at the status page. */
  work: (changes?: Partial<WorkerDeps>) => Promise<void>;
  /** How often X misbehaved. */
  met: () => number;
  /** The names of the secrets that anyone can find in what was said, logged or kept in clear. */
  leaks: () => string[];
  close: () => Promise<void>;
};

export async function createLeakyWorld({
  fault,
  withPost = false,
  change = (parts) => parts,
}: {
  fault?: Fault;
  /** A post in the window and a named one, with a photo. No item arrives: nothing listens there. */
  withPost?: boolean;
  /** Replaces parts before the app is made of them. */
  change?: (parts: Parts) => Parts;
} = {}): Promise<LeakyWorld> {
  let met = 0;
  const x = await startScriptedX(({ path }) => {
    if (!fault || !path.startsWith(fault.path)) {
      return goodAnswer(path, withPost);
    }
    met += 1;
    return fault.answer;
  });
  const intact = createParts(x.url, { SAS_HOSTS: "127.0.0.1" });
  await addJob(intact, "job-1", undefined);
  const issuer = await ISSUER;
  const said: string[] = [];
  const parts = change(intact);
  const visitor = await createLoggedIn(intact, parts, issuer);
  const app = createAppOf(parts, { issuer, worker: { alive: true, woken: 0 } });
  const visit = async (path: string, form?: Record<string, string>) => {
    const page = await quickly(() => (form ? visitor.post(path, form) : visitor.get(path)));
    const headers = [...page.headers].filter(([name]) => name !== "set-cookie");
    said.push(String(page.status), JSON.stringify(headers), page.html);
    return page;
  };
  const bearer = await issuer.issue(GOOD_CLAIMS.v2);
  const call = async (path: string, init = as(`Bearer ${bearer}`)) => {
    said.push(await textOf(await quickly(async () => app.request(path, init))));
  };
  const comeBack = async () => {
    await visit("/sign-in/twitter", { jobId: "job-1" });
    return visit(`/Views/TwitterOAuth?oauth_token=rt&oauth_verifier=${X_GIVES.verifier}`);
  };
  return {
    parts,
    call,
    visit,
    goToX: async () => void (await visit("/sign-in/twitter", { jobId: "job-1" })),
    comeBack: async () => void (await comeBack()),
    async confirm() {
      await visit("/sign-in/confirm", { signedIn: sealedIn(await comeBack()) });
    },
    async work(changes = {}) {
      await call("/data/OnDownloadRequest", postJson(requestOf(withPost)));
      await quickly(() => workOnce(parts, changes));
      await visit("/");
    },
    met: () => met,
    leaks: () =>
      leaksIn([...said, ...keptInClear(intact)].join("\n"), {
        "session cookie": visitor.cookie()?.split("=")[1] ?? "",
        "bearer of the platform": bearer,
      }),
    close: () => x.close(),
  };
}

function goodAnswer(path: string, withPost: boolean): ScriptedAnswer {
  const { requestTokenSecret, accessToken, accessSecret } = X_GIVES;
  const form = { "content-type": "application/x-www-form-urlencoded" };
  switch (path.replace(/\?.*/, "")) {
    case "/oauth/request_token": {
      const body = `oauth_token=rt&oauth_token_secret=${requestTokenSecret}&oauth_callback_confirmed=true`;
      return { status: 200, body, headers: form };
    }
    case "/oauth/access_token": {
      const body = `oauth_token=${accessToken}&oauth_token_secret=${accessSecret}&user_id=42&screen_name=small`;
      return { status: 200, body, headers: form };
    }
    case "/2/users/me":
      return { status: 200, body: { data: { id: "42", username: "small", name: "Small" } } };
    case "/2/users/42/tweets":
      return { status: 200, body: withPost ? PAGE : { meta: { result_count: 0 } } };
    case "/2/tweets":
      return { status: 200, body: { ...PAGE, data: [{ ...POST, id: "7" }] } };
    default:
      return { status: 200, body: {} };
  }
}

const POST = {
  id: "2006440297000000000",
  text: "A photo",
  created_at: "2026-01-01T06:00:00.000Z",
  author_id: "42",
  attachments: { media_keys: ["3_1"] },
};
const PAGE = {
  data: [POST],
  includes: {
    users: [{ id: "42", username: "small", name: "Small" }],
    media: [{ media_key: "3_1", type: "photo", url: "https://pbs.twimg.com/media/one.jpg" }],
  },
  meta: { result_count: 1 },
};

function requestOf(withPost: boolean): Record<string, unknown> {
  const BlobSasUri = SAS_URI.replace(/^https:\/\/[^/]+/, "https://127.0.0.1:1");
  return downloadRequest({ BlobSasUri, DirtyEntities: withPost ? ["7"] : [] });
}

/** Whoever has logged in while all was well. */
async function createLoggedIn(intact: Parts, parts: Parts, issuer: Issuer): Promise<Visitor> {
  const worker = { alive: true, woken: 0 };
  const before = createVisitor(createAppOf(intact, { issuer, worker }));
  await logIn(before);
  await before.get(jobPath("job-1"));
  const visitor = createVisitor(createAppOf(parts, { issuer, worker }));
  visitor.useCookie(before.cookie() ?? "");
  return visitor;
}

async function textOf(response: Response): Promise<string> {
  return JSON.stringify([response.status, [...response.headers], await response.text()]);
}

/** What X has said is kept verbatim: it is the evidence. Nothing else may hold a secret in clear. */
function keptInClear({ log, queue, store }: Parts): string[] {
  const kept = [...store.blobs].filter(([name]) => !name.startsWith("evidence/"));
  return [
    log.text(),
    ...queue.poisoned(),
    JSON.stringify(queue.waiting()),
    ...kept.map(([name, { body }]) => `${name} ${Buffer.from(body).toString("utf8")}`),
  ];
}

async function workOnce(parts: Parts, changes: Partial<WorkerDeps>): Promise<void> {
  const { queue, sealer, platform, settings, log } = parts;
  const worker = startWorker(
    {
      ...captureDepsOf(parts, { posts: 1 }),
      queue,
      sealer,
      platform,
      fetchMedia: createFetchMedia(settings, createXAgent(settings.X_API_URL)),
      sasHosts: settings.SAS_HOSTS,
      uploadConcurrency: 1,
      createUpload,
      captureIntervalMs: 0,
      ...changes,
    },
    { concurrency: 1 },
  );
  while (!log.events().some((event) => END_OF_WORK.has(event))) {
    await new Promise(setImmediate);
  }
  await worker.stop();
}

const END_OF_WORK = new Set([
  "task.delivered",
  "task.waiting",
  "task.failed",
  "work.poisoned",
  "work.queue-unreachable",
  "work.failed",
  "archive.unreachable",
]);

const realSetTimeout = setTimeout;
const STEP_MS = 500;

/** Waits for true input and output, and lets the waits of the app pass faster than they would. */
async function quickly<T>(work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  try {
    let isDone = false;
    const result = work().finally(() => {
      isDone = true;
    });
    while (!isDone) {
      await vi.advanceTimersByTimeAsync(STEP_MS);
      await new Promise((resolve) => {
        realSetTimeout(resolve, 1);
      });
    }
    return await result;
  } finally {
    vi.useRealTimers();
  }
}
