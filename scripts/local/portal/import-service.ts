import { once } from "node:events";
import { createServer } from "node:https";
import { serve } from "@hono/node-server";
import type { Context } from "hono";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { v4 as uuid } from "uuid";
import type { z } from "zod";
import type { Certificate, Closable, LocalEntra, PlatformContainer } from "../contracts.ts";
import { judgeCaller } from "./caller.ts";
import type { ChangeEvent } from "./completion.ts";
import { changeEventSchema, completionSchema } from "./completion.ts";
import { describe, parseJson } from "./item.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Finding, TaskResult, Window } from "./results.ts";
import type { TaskBook } from "./task-book.ts";
import { createTaskBook } from "./task-book.ts";

export type ImportServiceOptions = {
  certificate: Certificate;
  entra: LocalEntra;
  /** Audience of the tokens that open this service. */
  resource: string;
  mailbox: Mailbox;
  createContainer(name: string, sasExpires: Date): Promise<PlatformContainer>;
  /** The connector's application id, where it is known already; else `expectConnector`. */
  tokenAppId?: string;
};

/** One asking of a task: what goes into OnDownloadRequest, and what becomes of it. */
export type AskedTask = {
  taskId: string;
  sasUri: string;
  container: PlatformContainer;
  /** Resolves when the next completion of the task has been imported. */
  completed: Promise<TaskResult>;
};

export type ImportService = Closable & {
  /** `https://127.0.0.1:PORT/`: plays `https://webhook.ingestion.office.com/`. */
  url: string;
  expectConnector(appId: string): void;
  /** Makes a task, or asks an existing one again; a fresh container each time. */
  ask(task: { jobId: string; window: Window; taskId?: string }): Promise<AskedTask>;
  results(): TaskResult[];
  /** Calls that were refused, and all that was wrong with what was imported. */
  findings(): Finding[];
  changeEvents(): readonly ChangeEvent[];
};

export async function startImportService(options: ImportServiceOptions): Promise<ImportService> {
  const book = createTaskBook(options.mailbox);
  const refused: Finding[] = [];
  const events: ChangeEvent[] = [];
  let appId = options.tokenAppId;
  const app = createApp({ ...options, book, refused, events, appId: () => appId });
  const { certificate } = options;
  const server = serve({
    fetch: app.fetch,
    hostname: "127.0.0.1",
    port: 0,
    createServer,
    serverOptions: { key: certificate.key, cert: certificate.cert },
  });
  await once(server, "listening");
  return {
    url: `https://127.0.0.1:${portOf(server.address())}/`,
    expectConnector: (id) => (appId = id),
    ask: (task) => ask(task, options, book),
    results: () => book.results(),
    findings: () => [...refused, ...book.results().flatMap((result) => result.findings)],
    changeEvents: () => events,
    async close() {
      await book.settled();
      const closed = once(server, "close");
      server.close();
      if ("closeAllConnections" in server) {
        server.closeAllConnections();
      }
      await closed;
    },
  };
}

/** Hours that a SAS is good for; unknown on the real platform [?]. */
const SAS_HOURS = 12;
const HOUR_MS = 3_600_000;

async function ask(
  { jobId, window, taskId = uuid() }: { jobId: string; window: Window; taskId?: string },
  options: ImportServiceOptions,
  book: TaskBook,
): Promise<AskedTask> {
  const expires = new Date(Date.now() + SAS_HOURS * HOUR_MS);
  const container = await options.createContainer(`ingest-${uuid()}`, expires);
  const completed = book.open({ jobId, taskId, window, container });
  return { taskId, sasUri: container.sasUri, container, completed };
}

type Service = ImportServiceOptions & {
  book: TaskBook;
  refused: Finding[];
  events: ChangeEvent[];
  appId(): string | undefined;
};

function createApp(service: Service): Hono {
  const app = new Hono();
  app.post("/api/data/ondownloadcomplete/", async (context) => {
    const jobId = await authorize(context, service);
    const body = await readBody(context, completionSchema);
    if (!service.book.has(jobId, body.taskId)) {
      throw refusal(400, `taskId: ${body.taskId} is no task of job ${jobId}.`);
    }
    service.book.complete(body);
    return context.body(null, 200);
  });
  app.post("/api/data/onwebhookevent/", async (context) => {
    const jobId = await authorize(context, service);
    const { entry } = await readBody(context, changeEventSchema);
    service.events.push(...entry.map((event) => ({ jobId, ...event })));
    return context.body(null, 200);
  });
  app.notFound(({ req }) => refusal(404, `There is no ${req.method} ${req.path}.`).getResponse());
  app.onError((error, { req }) => {
    const answer = error instanceof HTTPException ? error : refusal(500, String(error));
    const call = `${req.method} ${req.path} was answered ${answer.status}`;
    service.refused.push({ what: `${call}: ${answer.message}` });
    return answer.getResponse();
  });
  return app;
}

/** The job of a call that its token and its query allow; else throws 401 or 404. */
async function authorize(context: Context, service: Service): Promise<string> {
  const token = /^Bearer (\S+)$/i.exec(context.req.header("Authorization") ?? "")?.[1];
  if (token === undefined) {
    throw refusal(401, "The Authorization header holds no Bearer token.");
  }
  const claims = await service.entra.verify(token).catch((error: unknown) => {
    throw refusal(401, `The token is not valid: ${String(error)}`);
  });
  const { resource, entra } = service;
  const objection = judgeCaller(claims, {
    resource,
    tenantId: entra.tenantId,
    appId: service.appId(),
  });
  if (objection !== undefined) {
    throw refusal(401, objection);
  }
  const jobId = context.req.query("jobId") ?? "";
  if (!service.book.has(jobId)) {
    throw refusal(404, `jobId: there is no job "${jobId}".`);
  }
  return jobId;
}

async function readBody<S extends z.ZodType>(context: Context, schema: S): Promise<z.infer<S>> {
  const type = context.req.header("Content-Type") ?? "";
  if (!/^application\/json(;|$)/i.test(type)) {
    throw refusal(415, `Content-Type is "${type}": it must be application/json.`);
  }
  const json = parseJson(new Uint8Array(await context.req.arrayBuffer()));
  const parsed = schema.safeParse(json?.value);
  if (!parsed.success) {
    throw refusal(400, json ? describe(parsed.error).join("; ") : "The body is not JSON.");
  }
  return parsed.data;
}

function refusal(status: 400 | 401 | 404 | 415 | 500, message: string): HTTPException {
  return new HTTPException(status, { message, res: Response.json({ message }, { status }) });
}

function portOf(address: { port: number } | string | null): number {
  if (address === null || typeof address === "string") {
    throw new Error("The Import service got no port.");
  }
  return address.port;
}
