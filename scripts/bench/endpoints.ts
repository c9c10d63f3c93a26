import * as z from "zod";
import { basic, downloadRequest } from "../../app/testing/platform-calls.ts";
import { startChild } from "./child.ts";
import { type Load, putUnderLoad, type Request } from "./load.ts";
import type { Measurement } from "./measurement.ts";

const MEASURED_MS = 1_500;
const WARM_UP_MS = 500;

type Call = { request: Request; status: number };

const HEALTHZ: Call = { status: 200, request: () => toText("GET /healthz") };
const REFUSED: Call = { status: 401, request: () => toText("GET /Job/IsCreated?jobId=job-1") };
const ACCEPTED: Call = {
  status: 200,
  request: (number) =>
    toText(
      "POST /data/OnDownloadRequest",
      [`Authorization: ${basic()}`, "Content-Type: application/json"],
      JSON.stringify(downloadRequest({ TaskId: `task-${number}` })),
    ),
};

/**
 * What the app does beyond the bare one: security headers, paths in any case, allowed methods; for a
 * refused call a line of log; for an accepted one the credential, the checks of body and SAS, the
 * job, a sealed SAS (AES), a task record, a message and a line of log.
 */
export const endpoints: Measurement<
  | "healthz against bare Hono"
  | "healthz"
  | "healthz, p99"
  | "healthz of bare Hono, p99"
  | "a refused call against bare Hono"
  | "a refused call"
  | "a refused call, p99"
  | "a refused call of bare Hono, p99"
  | "an accepted request against bare Hono"
  | "an accepted request"
  | "an accepted request, p99"
  | "an accepted request of bare Hono, p99"
> = {
  name: "endpoints",
  about: "the app over memory, against a bare Hono on the same server, one process each",
  goal: {
    "healthz against bare Hono": { unit: "x", goal: { atLeast: 0.7 } },
    healthz: { unit: "1/s" },
    "healthz, p99": { unit: "ms" },
    "healthz of bare Hono, p99": { unit: "ms" },
    "a refused call against bare Hono": { unit: "x", goal: { atLeast: 0.7 } },
    "a refused call": { unit: "1/s" },
    "a refused call, p99": { unit: "ms" },
    "a refused call of bare Hono, p99": { unit: "ms" },
    "an accepted request against bare Hono": { unit: "x", goal: { atLeast: 0.7 } },
    "an accepted request": { unit: "1/s" },
    "an accepted request, p99": { unit: "ms" },
    "an accepted request of bare Hono, p99": { unit: "ms" },
  },
  async run() {
    const healthz = await compare(HEALTHZ);
    const refused = await compare(REFUSED);
    const accepted = await compare(ACCEPTED);
    return {
      "healthz against bare Hono": healthz.app.perSecond / healthz.bare.perSecond,
      healthz: healthz.app.perSecond,
      "healthz, p99": healthz.app.p99Ms,
      "healthz of bare Hono, p99": healthz.bare.p99Ms,
      "a refused call against bare Hono": refused.app.perSecond / refused.bare.perSecond,
      "a refused call": refused.app.perSecond,
      "a refused call, p99": refused.app.p99Ms,
      "a refused call of bare Hono, p99": refused.bare.p99Ms,
      "an accepted request against bare Hono": accepted.app.perSecond / accepted.bare.perSecond,
      "an accepted request": accepted.app.perSecond,
      "an accepted request, p99": accepted.app.p99Ms,
      "an accepted request of bare Hono, p99": accepted.bare.p99Ms,
    };
  },
};

async function compare(call: Call): Promise<{ app: Load; bare: Load }> {
  return { bare: await loadServer("bare", call), app: await loadServer("app", call) };
}

async function loadServer(kind: "bare" | "app", call: Call): Promise<Load> {
  await using server = startChild("serve.ts", { parameters: [kind] });
  const port = await server.next(z.number());
  await putUnderLoad(port, { ...call, ms: WARM_UP_MS });
  // Awaited here: the server lives as long as this function.
  return await putUnderLoad(port, { ...call, ms: MEASURED_MS });
}

function toText(line: string, headers: string[] = [], body = ""): string {
  const all = [
    `${line} HTTP/1.1`,
    "Host: connector.example",
    `Content-Length: ${body.length}`,
    ...headers,
  ];
  return `${all.join("\r\n")}\r\n\r\n${body}`;
}
