import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { createUpload } from "./delivery/upload.ts";
import { ConnectorError, describeError } from "./errors.ts";
import { createPlatform, type Platform } from "./import-service/client.ts";
import { readSettings, settingsSchema } from "./settings.ts";
import { scheduledCaptureDepsOf, pass } from "./testing/capture-runs.ts";
import { testEnvironment } from "./testing/environment.ts";
import { addJob, createParts, type Parts } from "./testing/harness.ts";
import { createLeakyWorld, type LeakyWorld } from "./testing/leaky-world.ts";
import { as, basic, downloadRequest, postJson, SAS_URI } from "./testing/platform-calls.ts";
import { BEARER, createLeakyErrors, leaksIn, QUOTE, SECRETS } from "./testing/secrets.ts";
import { type ScriptedAnswer, startScriptedX } from "./testing/serve-x.ts";
import { jobPath } from "./testing/visitor.ts";
import { startSchedule } from "./worker/capture-schedule.ts";
import type { WorkerDeps } from "./worker/worker.ts";

/** The hosts of SAS addresses that the worlds of this test know. */
const ON_LOOPBACK = { BlobSasUri: SAS_URI.replace(/^https:\/\/[^/]+/, "https://127.0.0.1:1") };
const LEAKY_ERRORS = await createLeakyErrors();

describe("What looks for secrets", () => {
  it.each(Object.entries(SECRETS))("finds each where it is: %s", (name, secret) => {
    expect(secret.length).toBeGreaterThan(15);
    for (const spelling of [
      secret,
      secret.toUpperCase(),
      encodeURIComponent(secret),
      JSON.stringify({ secret }),
      Buffer.from(`tenant:${secret}`).toString("base64"),
    ]) {
      expect(leaksIn(`before ${spelling} behind`)).toContain(name);
    }
  });

  it("finds nothing where there is nothing", () => {
    expect(leaksIn("task.waiting job-1 X answered 503 eyJ")).toEqual([]);
  });
});

describe("X says secrets", () => {
  const CALLS: [string, string, (world: LeakyWorld) => Promise<void>][] = [
    ["Validate", "/2/users/me", (world) => world.call("/setup/Validate")],
    ["the check of the callback", "/oauth/request_token", (world) => world.call("/setup/Validate")],
    ["the way to X", "/oauth/request_token", (world) => world.goToX()],
    ["the way back", "/oauth/access_token", (world) => world.comeBack()],
    ["the question who it is", "/2/users/me", (world) => world.comeBack()],
    ["the refusal of an account", "/1.1/oauth/invalidate_token", refuseAccount],
    ["the removal of a job", "/1.1/oauth/invalidate_token", removeJob],
    ["a window", "/2/users/42/tweets", (world) => world.work()],
    ["named posts", "/2/tweets", (world) => world.work()],
    ["a medium and its item", "/media/", (world) => world.work()],
  ];
  const said = { title: QUOTE, detail: QUOTE, errors: [{ title: QUOTE, message: QUOTE, code: 1 }] };
  const ANSWERS: [string, ScriptedAnswer | undefined][] = [
    ...[400, 401, 402, 403, 404, 429, 500, 503].map((status): [string, ScriptedAnswer] => [
      String(status),
      { status, body: { ...said, type: `https://api.x.com/2/problems/${status}` } },
    ]),
    ["429, cap", { status: 429, body: { ...said, type: "https://api.x.com/2/usage-capped" } }],
    ["401, in headers", { status: 401, headers: { "www-authenticate": QUOTE } }],
    ["302", { status: 302, headers: { location: `/?${encodeURIComponent(QUOTE)}` } }],
    ["503 in HTML", { status: 503, body: `<p>${QUOTE}`, headers: { "content-type": "text/html" } }],
    ["200 that is no JSON", { status: 200, body: QUOTE }],
    ["200 of another shape", { status: 200, body: { ...said, data: QUOTE, meta: QUOTE } }],
    ["200 that is cut off", { status: 200, body: QUOTE, after: "cut" }],
    ["a cut connection", undefined],
  ];

  it.each(CALLS)("in %s (%s)", async (title, path, call) => {
    for (const [answerTitle, answer] of ANSWERS) {
      const world = await createLeakyWorld({
        fault: { path, answer },
        withPost: /posts|medium/.test(title),
      });
      await call(world);
      await world.close();
      expect(world.met(), answerTitle).toBeGreaterThan(0);
      expect(world.leaks(), answerTitle).toEqual([]);
    }
  });

  it.each(Object.entries(SECRETS))(
    "and its words are passed on without %s",
    async (_name, secret) => {
      const body = {
        title: "Forbidden",
        detail: `Key ${secret} may not, ask for client-not-enrolled`,
      };
      const x = await startScriptedX(() => ({ status: 403, body }));
      const error: unknown = await createParts(x.url)
        .twitter.me()
        .catch((thrown: unknown) => thrown);
      await x.close();
      const { message } = error instanceof Error ? error : new Error("nothing was thrown");
      expect(leaksIn(message)).toEqual([]);
      expect(message).toMatch(
        /^X answered 403 \(Forbidden: Key .* may not, ask for client-not-enrolled\)$/,
      );
    },
  );
});

it.each(LEAKY_ERRORS)("%s that quotes secrets is described without them", (_title, error) => {
  expect(leaksIn(inspect(error, { depth: 9 }))).not.toEqual([]);
  const description = describeError(error);
  expect(leaksIn(JSON.stringify(description))).toEqual([]);
  expect(description.error).toMatch(/^\w+$/);
});

describe.each(LEAKY_ERRORS.filter(([, error]) => error instanceof Error))("%s", (_title, error) => {
  it("stays within, whichever call of the platform meets it in the archive", async () => {
    for (const part of ["read", "create", "replace", "put", "remove"] as const) {
      const fail = vi.fn<Fail>().mockRejectedValue(error);
      const world = await createLeakyWorld({ change: breakStore(part, fail) });
      await world.call("/setup/Validate");
      await world.call("/job/IsCreated?jobId=job-1");
      await world.call("/job/OnRemediation?jobId=job-1&remediationType=Relogin");
      await world.call("/data/OnDownloadRequest", postJson(downloadRequest(ON_LOOPBACK)));
      await world.call("/job/OnDeleted?jobId=job-1", as(basic(), "DELETE"));
      await world.close();
      expect(fail, part).toHaveBeenCalled();
      expect(world.leaks(), part).toEqual([]);
    }
  });

  it("stays within, whichever page meets it in the archive", async () => {
    for (const part of ["read", "create", "replace", "remove"] as const) {
      const fail = vi.fn<Fail>().mockRejectedValue(error);
      const world = await createLeakyWorld({ change: breakStore(part, fail) });
      await world.visit("/");
      await world.visit(jobPath("job-1"));
      await world.confirm();
      await world.close();
      expect(fail, part).toHaveBeenCalled();
      expect(world.leaks(), part).toEqual([]);
    }
  });

  it.each<[string, (parts: Parts, fail: Fail) => Parts]>([
    ["the queue", (parts, fail) => ({ ...parts, queue: { ...parts.queue, send: fail } })],
    ["the sealing", (parts, fail) => ({ ...parts, sealer: { ...parts.sealer, seal: fail } })],
    [
      "the check of Entra",
      (parts, fail) => ({ ...parts, platform: { ...parts.platform, checkToken: fail } }),
    ],
    [
      "the way to the Import service",
      (parts, fail) => ({ ...parts, platform: { ...parts.platform, checkReachable: fail } }),
    ],
    ["the X client", (parts, fail) => ({ ...parts, twitter: { ...parts.twitter, me: fail } })],
  ])("stays within when %s meets it", async (_part, change) => {
    const fail = vi.fn<Fail>().mockRejectedValue(error);
    const world = await createLeakyWorld({ change: (parts) => change(parts, fail) });
    await world.call("/data/OnDownloadRequest", postJson(downloadRequest(ON_LOOPBACK)));
    await world.call("/setup/Validate");
    await world.confirm();
    await world.close();
    expect(fail).toHaveBeenCalled();
    expect(world.leaks()).toEqual([]);
  });

  it.each<[string, (parts: Parts, fail: Fail) => Partial<WorkerDeps>]>([
    ["the timeline", ({ twitter }, fail) => ({ twitter: { ...twitter, timeline: fail } })],
    ["the lookup", ({ twitter }, fail) => ({ twitter: { ...twitter, lookup: fail } })],
    ["the unsealing", ({ sealer }, fail) => ({ sealer: { ...sealer, open: fail } })],
    ["the download of media", (_parts, fail) => ({ fetchMedia: fail })],
    ["the question how many posts there are", (_parts, fail) => ({ askAccount: fail })],
    ["the archive's reading", ({ store }, fail) => ({ store: { ...store, read: fail } })],
    ["the archive's creating", ({ store }, fail) => ({ store: { ...store, create: fail } })],
    ["the archive's replacing", ({ store }, fail) => ({ store: { ...store, replace: fail } })],
    ["the queue", ({ queue }, fail) => ({ queue: { ...queue, receive: fail } })],
    [
      "the upload, with media",
      (_parts, fail) => ({
        createUpload: () => fail,
        fetchMedia: async () => ({ refusal: "X answered 404" }),
      }),
    ],
    [
      "the token",
      (_parts, fail) => ({
        platform: platformOf({ createCredential: () => ({ getToken: fail }) }),
      }),
    ],
    ["the completion", (_parts, fail) => ({ platform: platformOf({ fetch: fail }) })],
  ])("stays within when the worker meets it in %s", async (part, change) => {
    const fail = vi.fn<Fail>().mockRejectedValue(error);
    const world = await createLeakyWorld({ withPost: /lookup|media/.test(part) });
    await world.work(change(world.parts, fail));
    await world.close();
    expect(fail).toHaveBeenCalled();
    expect(world.leaks()).toEqual([]);
  });
});

describe.each(LEAKY_ERRORS)("%s that quotes secrets", (_title, error) => {
  it("stays within when a capture that nobody asked for meets it", async () => {
    const fail = vi.fn<Fail>().mockRejectedValue(error);
    const parts = createParts("http://127.0.0.1:1");
    await addJob(parts, "job-1");
    const twitter = { ...parts.twitter, timeline: fail };
    await startSchedule(scheduledCaptureDepsOf(parts), "job-1");
    await pass(parts, 1, scheduledCaptureDepsOf(parts, { twitter, posts: 1 }));
    expect(fail).toHaveBeenCalled();
    const kept = [...parts.store.blobs.values()].map(({ body }) => Buffer.from(body).toString());
    expect(leaksIn([parts.log.text(), ...kept].join("\n"))).toEqual([]);
  });
});

describe("The platform's container says secrets", () => {
  it.each([400, 401, 403, 404, 409, 412])("with %i", async (status) => {
    const server = await startScriptedX(() => ({ status, body: QUOTE }));
    const upload = createUpload(`${server.url}/tenant${new URL(SAS_URI).search}`, "job-1/task-1");
    const error: unknown = await upload("1.json", Buffer.from("{}")).catch(
      (thrown: unknown) => thrown,
    );
    await server.close();
    expect(error).toBeInstanceOf(ConnectorError);
    expect(leaksIn(inspect(error, { depth: 9 }))).toEqual([]);
  });
});

describe("The Import service says secrets", () => {
  it.each([400, 401, 404, 429, 500, 503])("with %i", async (status) => {
    const fetch = async () => new Response(QUOTE, { status, headers: { "x-said": BEARER } });
    const world = await createLeakyWorld();
    await world.work({ platform: platformOf({ fetch }) });
    await world.close();
    expect(world.leaks()).toEqual([]);
    expect(world.parts.log.of("task.waiting")).toMatchObject([
      { code: expect.stringMatching(/^platform-/) as unknown },
    ]);
  });
});

describe("A request that quotes secrets", () => {
  const PLACES: [string, (secret: string) => [string, RequestInit]][] = [
    ["its path", (secret) => [`/${encodeURIComponent(secret)}`, as(basic())]],
    ["the path of a form", (secret) => [`/${encodeURIComponent(secret)}`, { method: "POST" }]],
    ["its query", (secret) => [`/job/IsCreated?jobId=${encodeURIComponent(secret)}`, as(basic())]],
    [
      "a removal",
      (secret) => [`/job/OnDeleted?jobId=${encodeURIComponent(secret)}`, as(basic(), "DELETE")],
    ],
    [
      "a remediation",
      (secret) => [`/job/OnRemediation?jobId=job-1&remediationType=${secret}`, as(basic())],
    ],
    ["a callback", (secret) => [`/Views/TwitterOAuth?oauth_token=${secret}&denied=${secret}`, {}]],
    ["its Basic credential", (secret) => ["/setup/Validate", as(basic(`${secret}x`))]],
    ["its Bearer credential", (secret) => ["/setup/Validate", as(`Bearer ${secret}`)]],
    ["its cookie", (secret) => ["/", { headers: { cookie: `__Host-session=${secret}` } }]],
    ["its body", (secret) => ["/data/OnDownloadRequest", postJson(secret)]],
    ...["JobId", "TaskId", "StartTime", "EndTime", "DirtyEntities", "BlobSasUri"].map(
      (member): [string, (secret: string) => [string, RequestInit]] => [
        member,
        (secret) => ["/data/OnDownloadRequest", postJson(downloadRequest({ [member]: secret }))],
      ],
    ),
    [
      "a list",
      (secret) => [
        "/data/OnDownloadRequest",
        postJson(downloadRequest({ DirtyEntities: [secret] })),
      ],
    ],
    [
      "its headers",
      (secret) => [
        "/",
        { headers: { "x-forwarded-for": secret, referer: secret, accept: secret } },
      ],
    ],
  ];

  it.each(PLACES)("in %s", async (_title, toRequest) => {
    const world = await createLeakyWorld();
    for (const secret of Object.values(SECRETS)) {
      await world.call(...toRequest(secret));
    }
    await world.close();
    expect(world.leaks()).toEqual([]);
  });

  it("in a form is answered without them", async () => {
    const world = await createLeakyWorld();
    for (const secret of Object.values(SECRETS)) {
      await world.visit(jobPath("job-1"), { password: `${secret}x` });
      await world.visit("/", { password: `${secret}x` });
      await world.visit("/sign-in/twitter", { jobId: `${secret} ` });
      await world.visit("/sign-in/confirm", { signedIn: secret });
    }
    await world.close();
    expect(world.leaks()).toEqual([]);
  });
});

it.each(settingsSchema.keyof().options)("A bad %s is told without its value", (name) => {
  for (const secret of Object.values(SECRETS)) {
    const bad = { ...testEnvironment(), TENANT_ID: secret, SEALING_KEYS: `{"keys":"${secret}"}` };
    const told = messageOf(() => readSettings({ ...bad, [name]: `${secret} {"` }));
    expect(told).toMatch(/^The settings are not usable:/);
    expect(leaksIn(told)).toEqual([]);
  }
});

type Fail = () => Promise<never>;

function platformOf(changes: Partial<Parameters<typeof createPlatform>[0]>): Platform {
  const credential = { getToken: async () => ({ token: BEARER, expiresOnTimestamp: 0 }) };
  return createPlatform({
    clientId: "client",
    url: "https://import.example",
    createCredential: () => credential,
    ...changes,
  });
}

/** The account is another job's by now. */
async function refuseAccount(world: LeakyWorld): Promise<void> {
  await world.call("/job/OnDeleted?jobId=job-1", as(basic(), "DELETE"));
  await addJob(world.parts, "job-2");
  await world.comeBack();
}

async function removeJob(world: LeakyWorld): Promise<void> {
  await world.call("/job/OnDeleted?jobId=job-1", as(basic(), "DELETE"));
}

function breakStore(part: keyof Parts["store"], fail: Fail): (parts: Parts) => Parts {
  return (parts) => ({ ...parts, store: { ...parts.store, [part]: fail } });
}

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof Error ? error.message : "no error";
  }
  return "nothing was thrown";
}
