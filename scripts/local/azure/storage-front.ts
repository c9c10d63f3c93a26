import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, createServer, request as httpsRequest } from "node:https";
import { pipeline } from "node:stream";

import type { Certificate, Closable, LocalEntra } from "../contracts.ts";
import type { Faults, Service } from "../faults/fault.ts";
import { injectFaults } from "../faults/inject.ts";
import type { Azurite, AzuriteAccount } from "./azurite.ts";
import { closeServer, listen } from "../listen.ts";
import { createQueueClock, type QueueClock } from "./queue-clock.ts";
import { isAllowed } from "./roles.ts";
import type { RoleAssignment } from "./roles.ts";
import { neededRight } from "./storage-operations.ts";
import {
  isOverwrite,
  PERMISSION_MISMATCH,
  UNAUTHORIZED_OVERWRITE,
  IMMUTABLE,
  notAuthenticated,
  proofOf,
  refusalOfAccount,
  refusalToXml,
} from "./storage-refusals.ts";
import type { AccountRules, StorageRefusal } from "./storage-refusals.ts";

/** A storage account that was made: its ARM id, its switches, and where Azurite keeps its data. */
export type FrontAccount = AccountRules & { id: string; azurite: AzuriteAccount };

export type StorageFront = Closable & {
  /** `https://127.0.0.1:PORT`; an account is the first step of the path. */
  blobUrl: string;
  queueUrl: string;
  /** Accounts by name. An account that is not here does not exist. */
  accounts: Map<string, FrontAccount>;
  /** ARM ids, in lower case, of containers with time-based retention. */
  writeOnce: Set<string>;
};

export type FrontOptions = {
  certificate: Certificate;
  entra: LocalEntra;
  azurite: Azurite;
  /** Read at each request: an assignment made later counts. */
  assignments: readonly RoleAssignment[];
  /** The account that is the Import service's, and none of the customer's. */
  platformAccount: AzuriteAccount;
  faults?: Faults | undefined;
  /** The queues' clock runs so many times faster for parked work, so that it is in view the sooner. */
  queueSpeed?: number | undefined;
};

type Front = FrontOptions & {
  accounts: Map<string, FrontAccount>;
  writeOnce: Set<string>;
  agent: Agent;
  queueClock: QueueClock | undefined;
};

type Call = {
  service: "blob" | "queue";
  account: FrontAccount;
  path: string;
  query: URLSearchParams;
  incoming: IncomingMessage;
  /** Set where it may not overwrite: how Azure refuses that. */
  overwriting?: StorageRefusal;
};

/** Puts Azure's authorization in front of Azurite, which knows no roles. */
export async function startStorageFront(options: FrontOptions): Promise<StorageFront> {
  const ca = await readFile(options.certificate.caFile);
  const { platformAccount: azurite } = options;
  const rules = { allowSharedKeyAccess: true, allowBlobPublicAccess: false };
  const accounts = new Map<string, FrontAccount>([
    [azurite.name, { ...rules, id: "/the-import-service", azurite }],
  ]);
  const { queueSpeed } = options;
  const queueClock = queueSpeed === undefined ? undefined : createQueueClock(queueSpeed);
  const agent = new Agent({ keepAlive: true, ca });
  const writeOnce = new Set<string>();
  const front: Front = { ...options, accounts, writeOnce, agent, queueClock };
  const blob = await startService(front, "blob");
  const queue = await startService(front, "queue");
  return {
    blobUrl: blob.url,
    queueUrl: queue.url,
    accounts,
    writeOnce,
    close: async () => {
      await Promise.all([blob.close(), queue.close()]);
      front.agent.destroy();
    },
  };
}

async function startService(front: Front, service: "blob" | "queue") {
  const { key, cert } = front.certificate;
  const server = createServer({ key, cert }, (incoming, answer) => {
    // A connection that breaks on one side is broken on the other, as it would be without us.
    handle(front, service, { incoming, answer }).catch(() => answer.destroy());
  });
  injectFaults(server, front.faults, ({ method = "GET", url = "/" }) => {
    const path = new URL(url, "https://storage").pathname;
    return { service: serviceOf(front, service, path), method, path };
  });
  // Azure keeps idle connections for minutes; Node's 5 s would race with the clients' reuse.
  server.keepAliveTimeout = 120_000;
  const port = await listen(server);
  return { url: `https://127.0.0.1:${port}`, close: async () => closeServer(server) };
}

function serviceOf({ platformAccount }: Front, service: "blob" | "queue", path: string): Service {
  if (service === "queue") {
    return "queue";
  }
  return path.startsWith(`/${platformAccount.name}/`) ? "upload" : "archive";
}

type Exchange = { incoming: IncomingMessage; answer: ServerResponse };

async function handle(front: Front, service: "blob" | "queue", { incoming, answer }: Exchange) {
  const url = new URL(incoming.url ?? "/", "https://storage");
  const [, name = "", path = ""] = /^\/([^/]+)\/?(.*)$/.exec(url.pathname) ?? [];
  const account = front.accounts.get(name);
  if (!account) {
    // On Azure the name would not even resolve.
    return refuse({ incoming, answer }, UNKNOWN_ACCOUNT);
  }
  const call: Call = {
    service,
    account,
    path: decodeURIComponent(path),
    query: url.searchParams,
    incoming,
  };
  const refusal = (await judge(front, call)) ?? judgeRetention(front, call);
  return refusal
    ? refuse({ incoming, answer }, refusal)
    : forward(front, call, {
        answer,
        target: `/${account.azurite.name}/${path}${speedUp(front.queueClock, incoming.method ?? "GET", url)}`,
      });
}

/** Queries of storage-queue calls name in seconds how long a message stays out of view. */
function speedUp(clock: QueueClock | undefined, method: string, url: URL): string {
  const seconds = url.searchParams.get("visibilitytimeout");
  if (!clock || seconds === null) {
    return url.search;
  }
  const faster = new URLSearchParams(url.searchParams);
  faster.set("visibilitytimeout", String(clock(method, Number(seconds))));
  return `?${faster.toString()}`;
}

const UNKNOWN_ACCOUNT: StorageRefusal = {
  status: 404,
  code: "ResourceNotFound",
  message: "No storage account of that name was made.",
};

async function judge(front: Front, call: Call): Promise<StorageRefusal | undefined> {
  const { authorization } = call.incoming.headers;
  const { tenantId } = front.entra;
  const proof = proofOf(authorization, call.query);
  const apiVersion = headerOf(call.incoming, "x-ms-version");
  const refusal = refusalOfAccount(proof, call.account, { tenantId, apiVersion });
  if (refusal || (proof !== "token" && proof !== "userDelegationSas")) {
    return refusal;
  }
  if (proof === "userDelegationSas") {
    return judgeAccess(front, call, call.query.get("skoid") ?? "");
  }
  const sender = await identify(front, (authorization ?? "").slice("Bearer ".length));
  return "refusal" in sender ? sender.refusal : judgeAccess(front, call, sender.principalId);
}

async function identify(
  { entra }: Front,
  token: string,
): Promise<{ principalId: string } | { refusal: StorageRefusal }> {
  const claims = await entra.verify(token).catch(() => undefined);
  const audience = typeof claims?.["aud"] === "string" ? claims["aud"] : "";
  const wrong = !claims
    ? "Signature or lifetime validation failed."
    : !/^https:\/\/storage\.azure\.com\/?$/.test(audience)
      ? "Audience validation failed. Audience did not match."
      : claims["iss"] !== `https://sts.windows.net/${entra.tenantId}/`
        ? "Issuer validation failed. Issuer did not match."
        : undefined;
  const principal = claims?.["oid"];
  return wrong === undefined && typeof principal === "string"
    ? { principalId: principal }
    : { refusal: notAuthenticated(entra.tenantId, wrong ?? "The token names no object.") };
}

function judgeAccess(front: Front, call: Call, principalId: string): StorageRefusal | undefined {
  const { service, path, query, account, incoming } = call;
  if (incoming.headers["x-ms-copy-source"] !== undefined) {
    return NO_COPY;
  }
  const right = neededRight({ service, method: incoming.method ?? "GET", path, query });
  if (!right) {
    return PERMISSION_MISMATCH;
  }
  const scope = right.on === "" ? account.id : `${account.id}/${right.on}`;
  const may = (anyOf: string[]) => isAllowed(front.assignments, { principalId, anyOf, scope });
  if (may(right.anyOf)) {
    return undefined;
  }
  if (!may(right.toCreate ?? [])) {
    return PERMISSION_MISMATCH;
  }
  call.overwriting = UNAUTHORIZED_OVERWRITE;
  return undefined;
}

/**
 * In a container with time-based retention nothing is changed or removed before its time, and no
 * stand-in lives so long. Source: learn.microsoft.com/azure/storage/blobs/immutable-time-based-retention-policy-overview.
 */
function judgeRetention({ writeOnce }: Front, call: Call): StorageRefusal | undefined {
  const { service, account, path, query, incoming } = call;
  const [container = "", blob] = path.split("/");
  const id = `${account.id}/blobServices/default/containers/${container}`;
  if (service !== "blob" || blob === undefined || !writeOnce.has(id.toLowerCase())) {
    return undefined;
  }
  const comp = query.get("comp") ?? "";
  if (incoming.method === "PUT" && ["", "blocklist"].includes(comp)) {
    call.overwriting ??= IMMUTABLE;
    return undefined;
  }
  const changes = incoming.method === "DELETE" || ["metadata", "properties"].includes(comp);
  return changes && incoming.method !== "GET" && incoming.method !== "HEAD" ? IMMUTABLE : undefined;
}

const NO_COPY: StorageRefusal = {
  status: 501,
  code: "NotImplemented",
  message: "The local Azure does not copy from an address: the right to read there is not judged.",
};

function refuse({ incoming, answer }: Exchange, refusal: StorageRefusal): void {
  const requestId = randomUUID();
  const isHead = incoming.method === "HEAD";
  incoming.resume();
  answer.writeHead(refusal.status, {
    "content-type": "application/xml",
    "x-ms-error-code": refusal.code,
    "x-ms-request-id": requestId,
    "x-ms-version": headerOf(incoming, "x-ms-version") ?? "2025-01-05",
    ...refusal.headers,
  });
  answer.end(isHead ? undefined : refusalToXml(refusal, requestId));
}

/** Streams both ways; resolves when the answer has been handed on. */
async function forward(
  { agent, azurite }: Front,
  { service, query, incoming, overwriting }: Call,
  { answer, target }: { answer: ServerResponse; target: string },
): Promise<void> {
  const upstream = new URL(service === "blob" ? azurite.blobUrl : azurite.queueUrl);
  await new Promise<void>((resolve, reject) => {
    const outgoing = httpsRequest(
      {
        agent,
        host: upstream.hostname,
        port: upstream.port,
        method: incoming.method,
        path: target,
        headers: {
          ...incoming.headers,
          host: upstream.host,
          ...(overwriting && { "if-none-match": "*" }),
        },
      },
      (reply) => {
        if (answer.destroyed) {
          // Whoever asked is gone.
          reply.destroy();
          return resolve();
        }
        const code = headerOf(reply, "x-ms-error-code");
        if (overwriting && code === "BlobAlreadyExists") {
          reply.resume();
          refuse({ incoming, answer }, overwriting);
          return resolve();
        }
        if (isOverwrite({ method: incoming.method, query }, code)) {
          reply.resume();
          refuse({ incoming, answer }, UNAUTHORIZED_OVERWRITE);
          return resolve();
        }
        // The two connections live apart: each side keeps its own for as long as it likes.
        const { connection: _, "keep-alive": __, ...headers } = reply.headers;
        answer.writeHead(reply.statusCode ?? 502, headers);
        pipeline(reply, answer, (error) => (error ? reject(error) : resolve()));
      },
    );
    outgoing.once("error", reject);
    pipeline(incoming, outgoing, (error) => error && reject(error));
  });
}

function headerOf(message: IncomingMessage, name: string): string | undefined {
  const value = message.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
