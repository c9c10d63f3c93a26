import type { Context } from "hono";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { z } from "zod";
import type { LocalEntra } from "../contracts.ts";
import { judgeCaller } from "./caller.ts";
import type { ChangeEvent } from "./completion.ts";
import { changeEventSchema, completionSchema } from "./completion.ts";
import { describe, parseJson } from "./item.ts";
import type { Finding } from "./results.ts";
import type { TaskBook } from "./task-book.ts";

export type ImportApi = {
  entra: LocalEntra;
  resource: string;
  book: TaskBook;
  /** Filled with the calls that were refused. */
  refused: Finding[];
  /** Filled with the change events that were taken. */
  events: ChangeEvent[];
  /** The application whose tokens are taken; undefined while no connector is set up. */
  appId(): string | undefined;
};

/** Outgoing calls of docs/portal-contract.md#outgoing-calls, to the letter: any other path is a 404. */
export function createImportApi(service: ImportApi): Hono {
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
    entry.forEach((event) => service.events.push({ jobId, ...event }));
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
async function authorize(context: Context, service: ImportApi): Promise<string> {
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
