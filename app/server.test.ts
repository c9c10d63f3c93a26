import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { closeServer, listen } from "../scripts/local/listen.ts";
import { TEST_SECRETS, testEnvironment } from "./testing/environment.ts";
import { ACCOUNT } from "./testing/harness.ts";
import { basic, downloadRequest, postJson, SAS_URI } from "./testing/platform-calls.ts";
import { RESETS, sendAndReset } from "./testing/raw-socket.ts";
import { leaksIn } from "./testing/secrets.ts";
import { startScriptedX } from "./testing/serve-x.ts";
import {
  type ServerProcess,
  type Site,
  startServer,
  startSurroundings,
  type Surroundings,
  unpackServer,
} from "./testing/server-process.ts";
import { readTask } from "./worker/task.ts";

/** App Service ends by force what has not ended by itself 30 s after SIGTERM. */
const LIMIT_MS = 25_000;

const LEAK = TEST_SECRETS.TWITTER_ACCESS_TOKEN_SECRET;

let server: { folder: string; remove: () => Promise<void> };
let surroundings: Surroundings;
beforeAll(async () => {
  [server, surroundings] = await Promise.all([unpackServer(), startSurroundings()]);
});
afterAll(async () => {
  await surroundings.close();
  await server.remove();
});

describe("Settings that are not usable", () => {
  it("are all told at once, each with its remedy, and end the process with status 78", async () => {
    const process = startServer(server.folder, {});
    expect((await process.ended).code).toBe(78);
    const { stdout, stderr } = process.output();
    expect(JSON.parse(stdout)).toMatchObject({ event: "connector.failed", detail: stderr.trim() });
    const [title, ...problems] = stderr.trim().split("\n");
    expect(title).toBe("The settings are not usable:");
    expect(problems.map((problem) => /^- (\w+)/.exec(problem)?.[1])).toEqual([
      "TENANT_ID",
      "AZURE_APP_ID",
      "MANAGED_IDENTITY_CLIENT_ID",
      "EVIDENCE_CONTAINER_URL",
      "STATE_CONTAINER_URL",
      "WORK_QUEUE_URL",
      "POISON_QUEUE_URL",
      "API_SECRET_KEY",
      "SEALING_KEYS",
    ]);
    expect(problems.filter((problem) => !problem.includes("npm run up"))).toEqual([]);
  });

  it("are told without their values", async () => {
    const wrong = Object.keys(testEnvironment()).map((name) => [name, `"${LEAK}`] as const);
    const process = startServer(server.folder, Object.fromEntries(wrong));
    expect((await process.ended).code).toBe(78);
    expect(leaksIn(Object.values(process.output()).join("\n"))).toEqual([]);
  });
});

describe("The process", () => {
  it.concurrent("starts, serves, and ends at once when it is told to", async () => {
    await using run = await start(async () => ({ status: 404 }));
    const { process, site } = run;
    const response = await fetch(`${site.url}/healthz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ packageHash: expect.any(String) as unknown });
    process.signal("SIGTERM");
    const { code, ms } = await process.ended;
    expect(code).toBe(0);
    expect(ms).toBeLessThan(10_000);
    expect(process.events()).toEqual([
      "connector.started",
      "connector.stopping",
      "connector.stopped",
    ]);
    expect(process.output().stderr).toBe("");
  });

  it.concurrent("counts what it refuses, and says so with its last lines", async () => {
    await using run = await start(async () => ({ status: 404 }));
    const { process, site } = run;
    for (let index = 0; index < 50; index += 1) {
      expect((await fetch(`${site.url}/setup/Validate`)).status).toBe(401);
    }
    process.signal("SIGTERM");
    await process.ended;
    expect(process.events().slice(-2)).toEqual(["request.refused", "connector.stopped"]);
    const refusals = process
      .output()
      .stdout.split("\n")
      .filter((line) => line.includes("refused"));
    const counts = refusals.map((line) => Number(/"count":(\d+)/.exec(line)?.[1]));
    expect(counts).toEqual([1, 49]);
  });

  it.concurrent("finishes a task that is in hand before it ends", async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    await using run = await start(async () => {
      await promise;
      return { status: 200, body: { meta: { result_count: 0 } } };
    });
    const { process, site, isAsked } = run;
    await ask(site, "finished");
    await isAsked();
    process.signal("SIGTERM");
    await vi.waitFor(() => expect(process.events()).toContain("connector.stopping"), WAIT);
    await expect(ask(site, "too-late")).rejects.toThrow("fetch failed");
    resolve(undefined);
    const { code, ms } = await process.ended;
    expect(code).toBe(0);
    expect(ms).toBeLessThan(LIMIT_MS);
    expect(await readTask(site.store, "job-1", "finished")).toMatchObject({ state: "delivered" });
    expect(surroundings.completions().map((body): unknown => JSON.parse(body))).toEqual([
      { taskId: "finished", status: 0, itemMetadata: [] },
    ]);
    const end = ["connector.stopping", "task.delivered", "connector.stopped"];
    expect(process.events().filter((event) => end.includes(event))).toEqual(end);
  });

  it.concurrent("gives a task back that it cannot finish, and another process does it", async () => {
    await using run = await start(() => "silence");
    const { process, site, isAsked } = run;
    await ask(site, "given-back");
    await isAsked();
    process.signal("SIGTERM");
    const { code, ms } = await process.ended;
    expect(code).toBe(0);
    expect(ms).toBeLessThan(LIMIT_MS);
    expect(process.events().slice(-2)).toEqual(["connector.stopping", "connector.stopped"]);
    await using next = await start(async () => ({ status: 402 }), site);
    await next.isAsked();
    next.process.signal("SIGTERM");
    expect((await next.process.ended).code).toBe(0);
  }, 60_000);

  it.concurrent("outlives clients that reset their connection, whatever they had asked for", async () => {
    await using run = await start(async () => ({ status: 404 }));
    const { process, site } = run;
    const port = Number(new URL(site.url).port);
    for (const method of METHODS) {
      for (const [stage, bytes] of Object.entries(stagesOf(method))) {
        const resets = RESETS.map((when) => sendAndReset(port, bytes, when));
        await Promise.all(resets);
        const health = await fetch(`${site.url}/healthz`).catch(() => undefined);
        expect(health?.status, `${method}, reset ${stage}`).toBe(200);
      }
    }
    expect(process.events()).not.toContain("connector.failed");
    expect(process.events()).not.toContain("request.failed");
    expect(process.output().stderr).toBe("");
  }, 60_000);

  it.concurrent("ends with a word on what nobody foresaw, and App Service starts it again", async () => {
    const site = await surroundings.createSite("http://127.0.0.1:1");
    const holder = createServer();
    const port = await listen(holder);
    const process = startServer(server.folder, { ...site.env, PORT: String(port) });
    const { code } = await process.ended;
    await closeServer(holder);
    expect(code).toBe(1);
    expect(process.events()).toEqual(["connector.failed"]);
    expect(process.output().stdout).toContain('"code":"EADDRINUSE"');
    expect(process.output().stderr).toBe("");
  });
});

const METHODS = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "TRACE",
  "CONNECT",
  "PRI",
];

/** What a client has sent by the time it resets the connection. */
function stagesOf(method: string): Record<string, string> {
  const target = method === "CONNECT" ? "evil.example:443" : "/data/OnDownloadRequest";
  const head = `${method} ${target} HTTP/1.1\r\nHost: connector.example\r\n`;
  const whole = `${head}\r\n`;
  const healthy = "GET /healthz HTTP/1.1\r\nHost: connector.example\r\n\r\n";
  const form = `${head}Content-Type: application/x-www-form-urlencoded\r\n`;
  return {
    "before its method": "",
    "in its first line": method,
    "in its headers": `${head}X: `,
    "after its headers": whole,
    "behind a credential": `${head}Authorization: ${basic()}\r\n\r\n`,
    "before its body": `${head}Authorization: ${basic()}\r\nContent-Length: 100\r\n\r\n`,
    "in its body": `${head}Authorization: ${basic()}\r\nContent-Length: 100\r\n\r\n{`,
    "in a chunk": `${head}Authorization: ${basic()}\r\nTransfer-Encoding: chunked\r\n\r\na\r\n{`,
    "in a chunk that is none": `${head}Transfer-Encoding: chunked\r\n\r\nz\r\n`,
    "in a form": `${form.replace(target, "/")}Content-Length: 100\r\n\r\npassword=`,
    "before it may go on": `${head}Expect: 100-continue\r\nContent-Length: 100\r\n\r\n`,
    "with a credential, before it may go on": `${head}Authorization: ${basic()}\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n`,
    "after another expectation": `${head}Expect: the best\r\n\r\n`,
    "before it may speak WebSocket": `${head}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    "before it may speak HTTP/2": `${head}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
    "first of a pipeline": `${whole}${healthy}${healthy}`,
    "last of a pipeline": `${healthy}${healthy}${whole}`,
    "in the middle of a pipeline that breaks off": `${healthy}${whole}${healthy.slice(0, 30)}`,
    "with what is no HTTP behind it": `${whole}\0\0\0\0\r\n\r\n`,
    "with headers that are too large": `${head}X: ${"x".repeat(20_000)}\r\n\r\n`,
    "over a stream that is not closed": `${head}Connection: keep-alive\r\n\r\n`,
  };
}

const WAIT = { timeout: 20_000, interval: 20 };

type Run = AsyncDisposable & {
  process: ServerProcess;
  site: Site;
  /** Resolves when the process has asked X for the timeline: it then has a task in hand. */
  isAsked: () => Promise<void>;
};

/** Starts the process over an X that answers so when it is asked for a timeline. */
async function start(
  timeline: () => ReturnType<Parameters<typeof startScriptedX>[0]>,
  known?: Site,
): Promise<Run> {
  let asked = 0;
  const x = await startScriptedX(({ path }) => {
    if (path.startsWith("/2/users/42/tweets")) {
      asked += 1;
      return timeline();
    }
    const account = { ...ACCOUNT, public_metrics: { tweet_count: 1 } };
    return { status: 200, body: { data: account } };
  });
  const site = known ?? (await surroundings.createSite(x.url));
  // A version of the profile would be uploaded, and nothing takes uploads here.
  const env = { ...site.env, X_API_URL: x.url, PROFILE: "off" };
  const process = startServer(server.folder, env);
  const isReady = async () => expect((await fetch(`${site.url}/healthz`)).status).toBe(200);
  await vi.waitFor(isReady, WAIT);
  return {
    process,
    site,
    isAsked: () => vi.waitFor(() => expect(asked, process.output().stdout).toBe(1), WAIT),
    async [Symbol.asyncDispose]() {
      process.signal("SIGKILL");
      await process.ended;
      await x.close();
    },
  };
}

/** Asks for a window, as the platform does. */
async function ask({ url }: Site, taskId: string): Promise<void> {
  const request = downloadRequest({ TaskId: taskId, BlobSasUri: SAS_URI });
  const response = await fetch(`${url}/data/OnDownloadRequest`, postJson(request));
  expect(response.status).toBe(200);
}
