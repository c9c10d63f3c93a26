import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";

import type { Closable } from "../contracts.ts";
import { injectFaults } from "../faults/inject.ts";
import { closeServer, listen } from "../listen.ts";
import { ROLES } from "./roles.ts";
import type { RoleKind } from "./roles.ts";
import type { ManagedIdentity, Site, World } from "./world.ts";

/** Where the sites of one start ask for tokens; `secrets` are the headers that prove which site asks. */
export type IdentityEndpoint = Closable & { url: string; secrets: Map<string, Site> };

/** The App Service protocol, version 2019-08-01: learn.microsoft.com/azure/app-service/overview-managed-identity */
export async function startIdentityEndpoint(world: World): Promise<IdentityEndpoint> {
  const secrets = new Map<string, Site>();
  const server = createServer((request, answer) => {
    const query = new URL(request.url ?? "/", "http://identity").searchParams;
    answerToken(world, findSite(secrets, request.headers), query)
      .catch((error: unknown) => refusal(500, String(error)))
      .then(({ status, body }) => {
        answer.writeHead(status, { "content-type": "application/json" });
        answer.end(JSON.stringify(body));
      })
      .catch(() => answer.destroy());
  });
  injectFaults(server, world.faults, ({ method = "GET", url: path = "/" }) => ({
    service: "identity",
    method,
    path,
  }));
  const port = await listen(server);
  const url = `http://127.0.0.1:${port}/msi/token`;
  return { url, secrets, close: async () => closeServer(server) };
}

type Answer = { status: number; body: Record<string, unknown> };

function findSite(secrets: Map<string, Site>, headers: IncomingHttpHeaders): Site | undefined {
  const secret = headers["x-identity-header"];
  return typeof secret === "string" ? secrets.get(secret) : undefined;
}

async function answerToken(
  world: World,
  site: Site | undefined,
  query: URLSearchParams,
): Promise<Answer> {
  const resource = query.get("resource") ?? "";
  if (!site) {
    return refusal(403, "The header X-IDENTITY-HEADER is missing or wrong.");
  }
  if (query.get("api-version") !== "2019-08-01") {
    return refusal(400, "The api-version is not supported.");
  }
  if (resource === "") {
    return refusal(400, "The parameter resource is required.");
  }
  const identity = findIdentity(world, site, query);
  if (!identity) {
    return refusal(
      400,
      "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.",
    );
  }
  if (!mayAsk(world, identity, resource)) {
    // Azure would hand the token out and refuse at the resource; the local system says so at once.
    return refusal(403, `The identity has no role on any resource of the kind ${resource}.`);
  }
  return issue(world, identity, resource);
}

function findIdentity(
  { identities }: World,
  site: Site,
  query: URLSearchParams,
): ManagedIdentity | undefined {
  // Only user-assigned identities exist here, so one must be named.
  const asked = {
    clientId: query.get("client_id"),
    principalId: query.get("principal_id") ?? query.get("object_id"),
    id: (query.get("mi_res_id") ?? query.get("msi_res_id"))?.toLowerCase() ?? null,
  };
  const attached = new Set(site.identities.map((id) => id.toLowerCase()));
  return identities.find(
    ({ id, clientId, principalId }) =>
      attached.has(id.toLowerCase()) &&
      (clientId === asked.clientId ||
        principalId === asked.principalId ||
        id.toLowerCase() === asked.id),
  );
}

const EXCHANGE = /^api:\/\/AzureADTokenExchange\/?$/;

const KINDS: [RegExp, RoleKind][] = [
  [/^https:\/\/management\.azure\.com\/?$/, "management"],
  [/^https:\/\/storage\.azure\.com\/?$/, "storage"],
  [/^https:\/\/vault\.azure\.net\/?$/, "vault"],
  [/^https:\/\/monitor\.azure\.com\/?$/, "monitor"],
];

function mayAsk(world: World, { principalId }: ManagedIdentity, resource: string): boolean {
  if (EXCHANGE.test(resource)) {
    return world.trusts.some(({ subject }) => subject === principalId);
  }
  const kind = KINDS.find(([pattern]) => pattern.test(resource))?.[1];
  return world.assignments.some(
    (one) => one.principalId === principalId && ROLES[one.roleId]?.kind === kind,
  );
}

const LIFETIME_S = 24 * 3600;

async function issue(world: World, identity: ManagedIdentity, resource: string): Promise<Answer> {
  const { tenantId, entra } = world;
  const expires = Math.floor(Date.now() / 1000) + LIFETIME_S;
  // Azure's own resources take v1 tokens; the exchange is made by the v2 endpoint
  // (docs/azure.md#credential).
  const issuer = EXCHANGE.test(resource)
    ? `https://login.microsoftonline.com/${tenantId}/v2.0`
    : `https://sts.windows.net/${tenantId}/`;
  const token = await entra.issue({
    aud: resource,
    iss: issuer,
    exp: expires,
    appid: identity.clientId,
    oid: identity.principalId,
    sub: identity.principalId,
    tid: tenantId,
    idtyp: "app",
    xms_mirid: identity.id,
    ver: "1.0",
  });
  const body = {
    access_token: token,
    expires_on: `${expires}`,
    resource,
    token_type: "Bearer",
    client_id: identity.clientId,
  };
  return { status: 200, body };
}

function refusal(statusCode: number, message: string): Answer {
  return { status: statusCode, body: { statusCode, message } };
}
