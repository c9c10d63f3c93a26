import { Hono } from "hono";
import { createHttpServer } from "../../../app/http-server.ts";
import { createLog } from "../../../app/log.ts";
import { createIssuer } from "../../../app/testing/entra-tokens.ts";
import { addJob, createAppOf, createParts } from "../../../app/testing/harness.ts";
import { portOf } from "../../local/azure/listen.ts";

/** Serves the connector's app over memory, or a bare Hono with answers of the same status. */
const server = createHttpServer(
  process.argv[2] === "app" ? (await createConnector()).fetch : createBare().fetch,
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

function createBare(): Hono {
  const bare = new Hono();
  bare.get("/healthz", (c) => c.json({ version: "1.2.3", packageHash: "abc" }));
  bare.get("/Job/IsCreated", (c) => c.json({ title: "Unauthorized", status: 401 }, 401));
  bare.post("/data/OnDownloadRequest", async (c) => {
    await c.req.json();
    return c.body(null, 200);
  });
  return bare;
}
