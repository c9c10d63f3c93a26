import { Hono } from "hono";
import * as z from "zod";
import { createHttpServer } from "../../../app/http/server.ts";
import { createLog } from "../../../app/log.ts";
import { createIssuer } from "../../../app/testing/entra-tokens.ts";
import { addJob, createAppOf, createParts } from "../../../app/testing/harness.ts";
import { as, basic, downloadRequest, postJson } from "../../../app/testing/platform-calls.ts";
import { portOf } from "../../local/listen.ts";

const DOWNLOAD = "/data/OnDownloadRequest";

/** Serves the connector's app over memory, or a bare Hono. */
const server = createHttpServer(
  (await (process.argv[2] === "app" ? createConnector() : createBare())).fetch,
);
server.listen(0, "127.0.0.1", () => process.send?.(portOf(server)));
process.on("disconnect", () => process.exit());

async function createConnector(): Promise<Hono> {
  // Nobody asks X here.
  const parts = createParts("http://127.0.0.1:1");
  await addJob(parts, "job-1");
  // Lines are written as in production, not kept.
  const log = { ...parts.log, log: createLog("info") };
  const worker = { alive: true, woken: 0 };
  return createAppOf({ ...parts, log }, { issuer: await createIssuer(), worker });
}

/** Reads the same body, and answers the same bytes, headers included; that is all it does. */
async function createBare(): Promise<Hono> {
  const app = await createConnector();
  const bare = new Hono();
  const healthz = await answerOf(await app.request("/healthz"));
  bare.get("/healthz", (c) => c.json(healthz.body, 200, healthz.headers));
  const refused = await answerOf(await app.request("/Job/IsCreated?jobId=job-1"));
  const created = await answerOf(await app.request("/Job/IsCreated?jobId=job-1", as(basic())));
  bare.get("/Job/IsCreated", (c) =>
    c.req.header("authorization") === undefined
      ? c.json(refused.body, 401, refused.headers)
      : c.json(created.body, 200, created.headers),
  );
  const accepted = await app.request(DOWNLOAD, postJson(downloadRequest({ TaskId: "task-0" })));
  const headers = Object.fromEntries(accepted.headers);
  bare.post(DOWNLOAD, async (c) => {
    await c.req.json();
    return c.body(null, 200, headers);
  });
  return bare;
}

async function answerOf(response: Response) {
  const body = z.record(z.string(), z.json()).parse(await response.json());
  return { body, headers: Object.fromEntries(response.headers) };
}
