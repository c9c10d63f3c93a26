import { once } from "node:events";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { z } from "zod";
import type { Closable } from "../../contracts.ts";
import type { Item } from "../item.ts";
import type { Handoff } from "../probes.ts";
import { addSignIn } from "./fake-sign-in.ts";

export type FakeConnector = Closable & { url: string; xUrl: string };

export type FakeConnectorOptions = {
  handoff: Omit<Handoff, "connectorUrl">;
  handle: string;
  importUrl: string;
  /** Authorization for the Import service. */
  token: string;
  upload: (sasUri: string, name: string, body: string) => void;
  /** The items of a window; a number is the status of a completion without items. */
  answer(window: { start: string; end: string; asked: number }): Item[] | 1 | 2 | "silence";
};

/** A connector that does the contract honestly and in memory, for tests of the portal. */
export async function startFakeConnector(options: FakeConnectorOptions): Promise<FakeConnector> {
  const connector = new Hono();
  const x = new Hono();
  const xServer = await listen(x);
  const job = addSignIn(connector, { ...options, x, xUrl: xServer.url });
  addPlatformCalls(connector, options, job);
  const server = await listen(connector);
  return {
    url: server.url,
    xUrl: xServer.url,
    close: async () => void (await Promise.all([server.close(), xServer.close()])),
  };
}

const requestSchema = z.strictObject({
  JobId: z.string(),
  TaskId: z.string(),
  StartTime: z.string(),
  EndTime: z.string(),
  DirtyEntities: z.array(z.string()).nullable(),
  BlobSasUri: z.string(),
});

type DownloadRequest = z.infer<typeof requestSchema>;

function addPlatformCalls(app: Hono, options: FakeConnectorOptions, job: { id?: string }): void {
  const asked = new Map<string, number>();
  app.use(async (context, next) =>
    isPlatform(context.req.header("authorization"), options.handoff)
      ? next()
      : context.text("who is it?", 401),
  );
  app.get("/setup/Validate", ({ json }) => json({ Status: true, Message: null }));
  app.get("/job/IsCreated", (context) =>
    context.json({ IsJobCreated: context.req.query("jobId") === job.id, Reason: null }),
  );
  app.post("/data/OnDownloadRequest", async (context) => {
    const request = requestSchema.parse(await context.req.json());
    const count = (asked.get(request.TaskId) ?? 0) + 1;
    asked.set(request.TaskId, count);
    void deliver(request, count, options);
    return context.body(null, 200);
  });
}

async function deliver(request: DownloadRequest, asked: number, options: FakeConnectorOptions) {
  const { JobId, TaskId, StartTime: start, EndTime: end, BlobSasUri } = request;
  const answer = options.answer({ start, end, asked });
  if (answer === "silence") {
    return;
  }
  const items = typeof answer === "number" ? [] : answer;
  for (const item of items) {
    options.upload(BlobSasUri, `${JobId}/${TaskId}/${item.Id}.json`, JSON.stringify(item));
  }
  await fetch(`${options.importUrl}api/data/ondownloadcomplete/?jobId=${JobId}`, {
    method: "POST",
    headers: { authorization: options.token, "content-type": "application/json" },
    body: JSON.stringify({
      taskId: TaskId,
      status: typeof answer === "number" ? answer : 0,
      itemMetadata: items.map(({ Id, SentTimeUtc }) => ({
        id: Id,
        modificationTimestampUtc: SentTimeUtc,
        fileName: `${Id}.json`,
      })),
    }),
  });
}

function isPlatform(header: string | undefined, handoff: FakeConnectorOptions["handoff"]): boolean {
  const [scheme, value = ""] = (header ?? "").split(" ");
  const { tenantId, password, azureAppId } = handoff;
  const text = Buffer.from(value, "base64url").toString();
  if (scheme === "Basic") {
    return text === `${tenantId}:${password}`;
  }
  return scheme === "Bearer" && isPlatformToken(JSON.parse(text), { tenantId, azureAppId });
}

function isPlatformToken(
  claims: unknown,
  { tenantId, azureAppId }: { tenantId: string; azureAppId: string },
): boolean {
  const platform = z.literal("570d0bec-d001-4c4e-985e-3ab17fdc3073");
  const aud = z.enum([azureAppId, `api://${azureAppId}`]);
  const shape = z.looseObject({ aud, tid: z.literal(tenantId) });
  const caller = z.union([z.looseObject({ appid: platform }), z.looseObject({ azp: platform })]);
  return shape.safeParse(claims).success && caller.safeParse(claims).success;
}

async function listen(app: Hono): Promise<Closable & { url: string }> {
  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}
