import * as z from "zod";
import { PROCESS_ENVIRONMENT } from "../../app/settings.ts";
import { basic, downloadRequest } from "../../app/testing/platform-calls.ts";
import { startChild } from "./child.ts";
import { type Load, putUnderLoad, type Request } from "./load.ts";
import type { Figure, Measurement } from "./measurement.ts";
import { median } from "./statistics.ts";

const WARM_UP_MS = 500;
const SLICE_MS = 400;
/** By turns, so that what else the machine does meets both. */
const SLICES = 4;

type Call = { request: Request; status: number };

const CALLS: Record<string, Call> = {
  healthz: { status: 200, request: () => toText("GET /healthz") },
  IsCreated: {
    status: 200,
    request: () => toText("GET /Job/IsCreated?jobId=job-1", [`Authorization: ${basic()}`]),
  },
  "a refused call": { status: 401, request: () => toText("GET /Job/IsCreated?jobId=job-2") },
  "an accepted request": {
    status: 200,
    request: (number) =>
      toText(
        "POST /data/OnDownloadRequest",
        [`Authorization: ${basic()}`, "Content-Type: application/json"],
        JSON.stringify(downloadRequest({ TaskId: `task-${number}` })),
      ),
  },
};

/**
 * What the app does beyond the bare one: paths in any case, allowed methods, headers put together;
 * where a credential is shown, hashes to compare it by; for a refused call a line of log; for an
 * accepted one the checks of body and SAS, the job, a sealed SAS (AES), a task record, a message,
 * and a line of log.
 */
export const endpoints: Measurement = {
  name: "endpoints",
  about: "the app over memory, against a bare Hono that answers the same, on the same server",
  goal: Object.fromEntries(Object.keys(CALLS).flatMap((name) => Object.entries(figuresOf(name)))),
  async run() {
    const values: Record<string, number> = {};
    for (const [name, call] of Object.entries(CALLS)) {
      const { app, bare } = await compare(call);
      Object.assign(values, toValues(name, app, bare));
    }
    return values;
  },
};

function figuresOf(name: string): Record<string, Figure> {
  return {
    [`${name} against bare Hono`]: { unit: "x", goal: { atLeast: 0.7 } },
    [name]: { unit: "1/s" },
    [`${name}, p99`]: { unit: "ms" },
    [`${name} of bare Hono, p99`]: { unit: "ms" },
  };
}

function toValues(name: string, app: Load, bare: Load): Record<string, number> {
  return {
    [`${name} against bare Hono`]: app.perSecond / bare.perSecond,
    [name]: app.perSecond,
    [`${name}, p99`]: app.p99Ms,
    [`${name} of bare Hono, p99`]: bare.p99Ms,
  };
}

async function compare(call: Call): Promise<{ app: Load; bare: Load }> {
  await using appServer = startChild("serve.ts", { parameters: ["app"], env: PROCESS_ENVIRONMENT });
  await using bareServer = startChild("serve.ts", {
    parameters: ["bare"],
    env: PROCESS_ENVIRONMENT,
  });
  const [appPort, barePort] = [await appServer.next(z.number()), await bareServer.next(z.number())];
  await putUnderLoad(appPort, { ...call, ms: WARM_UP_MS });
  await putUnderLoad(barePort, { ...call, ms: WARM_UP_MS });
  const slices: { app: Load; bare: Load }[] = [];
  for (let slice = 0; slice < SLICES; slice += 1) {
    const app = await putUnderLoad(appPort, { ...call, ms: SLICE_MS });
    slices.push({ app, bare: await putUnderLoad(barePort, { ...call, ms: SLICE_MS }) });
  }
  return {
    app: middleOf(slices.map(({ app }) => app)),
    bare: middleOf(slices.map(({ bare }) => bare)),
  };
}

function middleOf(loads: Load[]): Load {
  return {
    perSecond: median(loads.map(({ perSecond }) => perSecond)),
    p99Ms: median(loads.map(({ p99Ms }) => p99Ms)),
  };
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
