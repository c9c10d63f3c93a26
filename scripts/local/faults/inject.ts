import { randomUUID } from "node:crypto";
import type {
  IncomingMessage,
  OutgoingHttpHeaders,
  RequestListener,
  Server,
  ServerResponse,
} from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Call, Faults } from "./fault.ts";
import { dropMembers, isDroppingFault } from "./drop-members.ts";
import { changeBody, omitPosts, refuseNewest } from "./withhold-posts.ts";

const LATE_MS = 2000;
const RATE_LIMIT_SECONDS = 2;

/** Puts faults in front of a server that plays a service; without any, nothing is changed. */
export function injectFaults(
  server: Server,
  faults: Faults | undefined,
  toCall: (request: IncomingMessage) => Call,
): void {
  if (!faults) {
    return;
  }
  const listeners = server.listeners("request").filter((one) => typeof one === "function");
  server.removeAllListeners("request");
  const serve: RequestListener = (request, answer) => {
    for (const listener of listeners) {
      Reflect.apply(listener, server, [request, answer]);
    }
  };
  server.on("request", (request, answer) => void play(faults, { request, answer, serve, toCall }));
}

type Exchange = {
  request: IncomingMessage;
  answer: ServerResponse;
  serve: RequestListener;
  toCall: (request: IncomingMessage) => Call;
};

async function play(faults: Faults, exchange: Exchange): Promise<void> {
  const { request, answer, serve } = exchange;
  const fault = faults.decide(exchange.toCall(request));
  switch (fault) {
    case undefined:
      serve(request, answer);
      break;
    case "late":
      await sleep(LATE_MS);
      serve(request, answer);
      break;
    case "cut":
      request.socket.destroy();
      break;
    case "kill-before":
      faults.kill();
      request.socket.destroy();
      break;
    case "lost":
      serve(
        request,
        withhold(answer, () => {}),
      );
      break;
    case "kill-after":
      serve(
        request,
        withhold(answer, () => faults.kill()),
      );
      break;
    case "halved":
      serve(request, halve(answer));
      break;
    case "emptied":
      refuse(exchange, NO_POSTS);
      break;
    case "forgotten":
      forget(exchange);
      break;
    case "omits-posts":
    case "refuses-newest":
    case "fields-ignored":
    case "note-ignored":
    case "references-ignored":
    case "versions-ignored": {
      const { path } = exchange.toCall(request);
      const withholds = fault === "omits-posts" ? omitPosts : refuseNewest;
      const change = isDroppingFault(fault) ? dropMembers(fault) : withholds;
      serve(
        request,
        rewrite(answer, (body) => changeBody(body, path, change)),
      );
      break;
    }
    case "unavailable":
    case "failed":
    case "forbidden":
    case "rate-limited":
    case "rate-limited-late":
    case "unauthorized":
    case "not-found":
    case "foreign":
    case "fields-refused":
    case "credits-spent":
      refuse(exchange, REFUSALS[fault](request));
  }
}

type Answer = { status: number; headers?: Record<string, string>; body?: object | string };

const REFUSALS: Record<
  | "unavailable"
  | "failed"
  | "forbidden"
  | "rate-limited"
  | "rate-limited-late"
  | "unauthorized"
  | "not-found"
  | "foreign"
  | "fields-refused"
  | "credits-spent",
  (request: IncomingMessage) => Answer
> = {
  unavailable: () => ({ status: 503, headers: { "retry-after": "1" } }),
  failed: () => ({ status: 500 }),
  forbidden: () => ({ status: 403, headers: { "x-ms-error-code": "AuthenticationFailed" } }),
  "rate-limited": () => ({
    status: 429,
    headers: {
      "x-rate-limit-limit": "900",
      "x-rate-limit-remaining": "0",
      "x-rate-limit-reset": String(Math.ceil(Date.now() / 1000) + RATE_LIMIT_SECONDS),
    },
    body: { title: "Too Many Requests", status: 429, type: "about:blank" },
  }),
  "rate-limited-late": () => ({
    status: 429,
    headers: {
      "x-rate-limit-limit": "900",
      "x-rate-limit-remaining": "899",
      "x-rate-limit-reset": String(Math.floor(Date.now() / 1000) - 60),
    },
    body: { title: "Too Many Requests", status: 429, type: "about:blank" },
  }),
  unauthorized: () => ({
    status: 401,
    body: { title: "Unauthorized", type: "about:blank", status: 401, detail: "Unauthorized" },
  }),
  "not-found": () => ({
    status: 404,
    body: { title: "Not Found", type: "about:blank", status: 404, detail: "Not Found" },
  }),
  foreign: () => ({
    status: 200,
    headers: { "content-type": "text/html" },
    body: "<!doctype html><title>Sign in to the network</title>",
  }),
  "fields-refused": ({ url = "/" }) => {
    const query = new URL(url, "https://api.x.com").searchParams;
    const name = query.has("post.fields") ? "post.fields" : "tweet.fields";
    const value = query.get(name) ?? "";
    const [, field = "", ...others] = value.split(",");
    return {
      status: 400,
      body: {
        errors: [
          {
            parameters: { [name]: [value] },
            message: `The \`${name}\` query parameter value [${field}] is not one of [${others.join(",")}]`,
          },
        ],
        title: "Invalid Request",
        detail: "One or more parameters to your request was invalid.",
        type: "https://api.x.com/2/problems/invalid-request",
      },
    };
  },
  "credits-spent": () => ({
    status: 402,
    body: {
      title: "Payment Required",
      status: 402,
      detail: "credits depleted",
      type: "https://api.x.com/2/problems/credits-depleted",
    },
  }),
};

/** What X says where there is no post, and no page any more. */
const NO_POSTS: Answer = {
  status: 200,
  headers: { "content-type": "application/json" },
  body: { meta: { result_count: 0 } },
};

/** Reads the request to its end first, so that the caller is not cut off while it still sends. */
function refuse({ request, answer }: Exchange, { status, headers, body }: Answer): void {
  request.resume();
  request.once("end", () => {
    const type = body ? { "content-type": "application/problem+json" } : {};
    answer.writeHead(status, { ...type, ...headers });
    answer.end(typeof body === "object" ? JSON.stringify(body) : body);
  });
}

/** Answers Put Message as a storage queue does that takes it; nobody will see it. */
function forget({ request, answer }: Exchange): void {
  const now = new Date().toUTCString();
  const fields = {
    MessageId: randomUUID(),
    InsertionTime: now,
    ExpirationTime: "Fri, 31 Dec 9999 23:59:59 GMT",
    PopReceipt: Buffer.from(randomUUID()).toString("base64"),
    TimeNextVisible: now,
  };
  const members = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`);
  request.resume();
  request.once("end", () => {
    answer.writeHead(201, { "content-type": "application/xml" });
    answer.end(
      `<?xml version="1.0" encoding="utf-8"?><QueueMessagesList><QueueMessage>${members.join("")}</QueueMessage></QueueMessagesList>`,
    );
  });
}

/** An answer whose bytes go nowhere; when it would be done, the connection breaks. */
function withhold(answer: ServerResponse, then: () => void): ServerResponse {
  const end = () => {
    then();
    answer.destroy();
    return answer;
  };
  return Object.assign(answer, {
    writeHead: () => answer,
    flushHeaders: () => {},
    write: (_chunk: unknown, ...rest: unknown[]) => {
      const done = rest.findLast((one) => typeof one === "function");
      process.nextTick(() => {
        if (done) {
          Reflect.apply(done, undefined, []);
        }
      });
      return true;
    },
    end,
  });
}

/** An answer with another body. */
function rewrite(answer: ServerResponse, change: (body: Buffer) => Buffer): ServerResponse {
  const [writeHead, end] = [answer.writeHead.bind(answer), answer.end.bind(answer)];
  const chunks: Buffer[] = [];
  const keep = (chunk: unknown) => {
    if (typeof chunk === "string" || chunk instanceof Uint8Array) {
      chunks.push(Buffer.from(chunk));
    }
  };
  let head: { status: number; headers: OutgoingHttpHeaders } | undefined;
  return Object.assign(answer, {
    writeHead: (status: number, headers: OutgoingHttpHeaders = {}) => {
      head = { status, headers };
      return answer;
    },
    flushHeaders: () => {},
    write: (chunk: unknown) => {
      keep(chunk);
      return true;
    },
    end: (chunk: unknown) => {
      keep(chunk);
      const body = change(Buffer.concat(chunks));
      const named = Object.entries(head?.headers ?? {});
      const others = named.filter(([name]) => name.toLowerCase() !== "content-length");
      writeHead(head?.status ?? answer.statusCode, {
        ...Object.fromEntries(others),
        "content-length": body.byteLength,
      });
      return end(body);
    },
  });
}

/** An answer of which half of the last bytes arrives. */
function halve(answer: ServerResponse): ServerResponse {
  const write = answer.write.bind(answer);
  const breakOff = () => {
    setImmediate(() => answer.destroy());
    return answer;
  };
  const half = (chunk: unknown) => {
    if (typeof chunk === "string" || chunk instanceof Uint8Array) {
      write(chunk.slice(0, Math.floor(chunk.length / 2)));
    }
  };
  return Object.assign(answer, {
    write: (chunk: unknown) => {
      half(chunk);
      breakOff();
      return true;
    },
    end: (chunk: unknown) => {
      half(chunk);
      return breakOff();
    },
  });
}
