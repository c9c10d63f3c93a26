import { createServer } from "node:https";
import { randomUUID } from "node:crypto";

import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import type { Context, Next } from "hono";
import { SignJWT, exportJWK, generateKeyPair, jwtVerify } from "jose";

import { removeFrom } from "../remove-from.ts";
import { closeServer, listen } from "../listen.ts";
import { assertionMatches, readTokenRequest } from "./token-request.ts";
import type { Clients, FederatedCredential, Grant, Refusal } from "./token-request.ts";
import type { Certificate, LocalEntra } from "../contracts.ts";
import type { Faults } from "../faults/fault.ts";
import { injectFaults } from "../faults/inject.ts";

/** Lifetime of an access token. Entra: 60 to 90 minutes at random. */
const TOKEN_LIFETIME_S = 3600;

export type EntraOptions = {
  certificate: Certificate;
  tenantId: string;
  faults?: Faults | undefined;
};

/** What only the local Azure needs of Entra, on top of what everybody sees. */
export type Entra = LocalEntra & {
  /** Lets tokens of another identity (a managed one) stand in for the client's password. */
  registerFederatedCredential(clientId: string, credential: FederatedCredential): void;
  /** The secret asks for no more tokens. */
  revokeSecret(clientId: string, secret: string): void;
};

/** Starts the token service of one tenant on a free port of 127.0.0.1. */
export async function startEntra({ certificate, tenantId, faults }: EntraOptions): Promise<Entra> {
  const clients: Clients = new Map();
  const principals = new Set<string>();
  const signer = await createSigner(tenantId);
  const server = createServer({ key: certificate.key, cert: certificate.cert });
  const port = await listen(server);
  const url = `https://127.0.0.1:${port}`;
  const answer = getRequestListener(
    createApp({ url, tenantId, clients, principals, signer }).fetch,
  );
  server.on("request", (incoming, outgoing) => void answer(incoming, outgoing));
  injectFaults(server, faults, ({ method = "GET", url: path = "/" }) => ({
    service: "entra",
    method,
    path: new URL(path, url).pathname,
  }));
  return {
    url,
    tenantId,
    registerClient: (clientId, secret) => void clientOf(clients, clientId).secrets.push(secret),
    registerFederatedCredential: (clientId, credential) =>
      void clientOf(clients, clientId).credentials.push(credential),
    revokeSecret: (clientId, secret) =>
      removeFrom(clientOf(clients, clientId).secrets, (one) => one === secret),
    consent: (applicationId) => void principals.add(applicationId),
    issue: signer.issue,
    verify: signer.verify,
    close: async () => closeServer(server),
  };
}

type Signer = Pick<LocalEntra, "issue" | "verify"> & { keys: object };

type Tenant = {
  url: string;
  tenantId: string;
  clients: Clients;
  /** Applications of other tenants that an administrator has consented to. */
  principals: Set<string>;
  signer: Signer;
};

/**
 * Other tenants' applications, by the name under which a token for them is asked for
 * (docs/portal-contract.md#outgoing-calls).
 */
const APPLICATIONS = new Map([
  [
    "https://microsoft.onmicrosoft.com/4e476d41-2395-42be-89ff-34cb9186a1ac",
    "570d0bec-d001-4c4e-985e-3ab17fdc3073",
  ],
]);

async function createSigner(tenantId: string): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const kid = randomUUID();
  const jwk = { ...(await exportJWK(publicKey)), kid, use: "sig", x5t: kid };
  const issuer = v2Issuer(tenantId);
  return {
    keys: { keys: [{ ...jwk, issuer }] },
    issue: async (claims) => {
      const now = Math.floor(Date.now() / 1000);
      const times = { iat: now, nbf: now, exp: now + TOKEN_LIFETIME_S };
      return new SignJWT({ ...times, ...claims })
        .setProtectedHeader({ alg: "RS256", typ: "JWT", kid, x5t: kid })
        .sign(privateKey);
    },
    verify: async (token) =>
      (await jwtVerify(token, publicKey, { algorithms: ["RS256"], requiredClaims: ["exp"] }))
        .payload,
  };
}

function createApp(tenant: Tenant): Hono {
  const app = new Hono();
  const token = async (context: Context, version: 1 | 2) => answerToken(context, tenant, version);
  app.use("/:tenant/*", async (context: Context, next: Next) => {
    const asked = context.req.param("tenant") ?? "";
    return isTenant(tenant, asked, context.req.method)
      ? next()
      : refuse(context, unknownTenant(asked));
  });
  app.get("/:tenant/v2.0/.well-known/openid-configuration", (context) =>
    context.json(metadata(tenant, 2)),
  );
  app.get("/:tenant/.well-known/openid-configuration", (context) =>
    context.json(metadata(tenant, 1)),
  );
  app.get("/:tenant/discovery/v2.0/keys", (context) => context.json(tenant.signer.keys));
  app.get("/:tenant/discovery/keys", (context) => context.json(tenant.signer.keys));
  app.post("/:tenant/oauth2/v2.0/token", async (context) => token(context, 2));
  app.post("/:tenant/oauth2/token", async (context) => token(context, 1));
  return app;
}

/** Metadata may also be asked for under the name that stands for any tenant. */
function isTenant({ tenantId }: Tenant, asked: string, method: string): boolean {
  return asked === tenantId || (asked === "common" && method === "GET");
}

async function answerToken(context: Context, tenant: Tenant, version: 1 | 2): Promise<Response> {
  const request = readTokenRequest({
    version,
    contentType: context.req.header("content-type"),
    authorization: context.req.header("authorization"),
    body: await context.req.text(),
    clients: tenant.clients,
  });
  if ("code" in request) {
    return refuse(context, request);
  }
  if (request.assertion !== undefined && !(await acceptsAssertion(tenant, request))) {
    return refuse(context, WRONG_ASSERTION);
  }
  if (!hasPrincipal(tenant, request.resource)) {
    return refuse(context, unknownResource(request.resource, tenant.tenantId));
  }
  const token = await tenant.signer.issue(claimsFor(tenant.tenantId, request));
  return context.json(tokenAnswer(token, request), 200, { "cache-control": "no-store" });
}

/** Consent to another tenant's application makes its service principal in this one. */
function hasPrincipal({ principals }: Tenant, resource: string): boolean {
  const applicationId = APPLICATIONS.get(resource);
  return applicationId === undefined || principals.has(applicationId);
}

function unknownResource(resource: string, tenantId: string): Refusal {
  return {
    status: 400,
    error: "invalid_resource",
    code: "AADSTS500011",
    message:
      `The resource principal named ${resource} was not found in the tenant named ${tenantId}. ` +
      "This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.",
  };
}

/** A federated credential is a rule about the claims of a token that somebody trusted has signed. */
async function acceptsAssertion(tenant: Tenant, { clientId, assertion }: Grant): Promise<boolean> {
  const claims = await tenant.signer.verify(assertion ?? "").catch(() => undefined);
  const credentials = tenant.clients.get(clientId)?.credentials ?? [];
  return claims !== undefined && credentials.some((one) => assertionMatches(one, claims));
}

const WRONG_ASSERTION: Refusal = {
  status: 401,
  error: "invalid_client",
  code: "AADSTS700213",
  message: "No matching federated identity record found for presented assertion.",
};

/**
 * Claims of an app-only token. Version 1 names the client `appid`, version 2 `azp`. Azure's own
 * services take version 1 whatever endpoint was asked (docs/azure.md#registration).
 */
function claimsFor(tenantId: string, { clientId, resource, version, objectId }: Grant) {
  const who = { oid: objectId, sub: objectId, tid: tenantId, aud: resource, idtyp: "app" };
  const ofAzure = /^https:\/\/(storage|vault|management|monitor)\.azure\.(com|net)\/?$/;
  return version === 1 || ofAzure.test(resource)
    ? {
        ...who,
        iss: `https://sts.windows.net/${tenantId}/`,
        appid: clientId,
        appidacr: "1",
        ver: "1.0",
      }
    : { ...who, iss: v2Issuer(tenantId), azp: clientId, azpacr: "1", ver: "2.0" };
}

function tokenAnswer(token: string, { version, resource }: Grant): Record<string, unknown> {
  const seconds = TOKEN_LIFETIME_S - 1;
  if (version === 2) {
    const lifetime = { expires_in: seconds, ext_expires_in: seconds };
    return { token_type: "Bearer", ...lifetime, access_token: token };
  }
  // The v1 endpoint writes its numbers as strings.
  const now = Math.floor(Date.now() / 1000);
  const times = { not_before: `${now}`, expires_on: `${now + seconds}`, expires_in: `${seconds}` };
  return { token_type: "Bearer", ...times, resource, access_token: token };
}

function metadata({ url, tenantId }: Tenant, version: 1 | 2): Record<string, unknown> {
  const folder = version === 2 ? "v2.0/" : "";
  return {
    token_endpoint: `${url}/${tenantId}/oauth2/${folder}token`,
    token_endpoint_auth_methods_supported: [
      "client_secret_post",
      "private_key_jwt",
      "client_secret_basic",
    ],
    jwks_uri: `${url}/${tenantId}/discovery/${folder}keys`,
    response_modes_supported: ["query", "fragment", "form_post"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    response_types_supported: ["code", "id_token", "code id_token", "token id_token", "token"],
    scopes_supported: ["openid"],
    issuer: version === 2 ? v2Issuer(tenantId) : `https://sts.windows.net/${tenantId}/`,
    authorization_endpoint: `${url}/${tenantId}/oauth2/${folder}authorize`,
  };
}

function v2Issuer(tenantId: string): string {
  return `https://login.microsoftonline.com/${tenantId}/v2.0`;
}

function clientOf(clients: Clients, clientId: string) {
  const client = clients.get(clientId) ?? { objectId: randomUUID(), secrets: [], credentials: [] };
  clients.set(clientId, client);
  return client;
}

function unknownTenant(tenant: string): Refusal {
  return {
    status: 400,
    error: "invalid_request",
    code: "AADSTS90002",
    message: `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`,
  };
}

function refuse(context: Context, { status, error, code, message }: Refusal): Response {
  const ids = { trace_id: randomUUID(), correlation_id: randomUUID() };
  const timestamp = new Date().toISOString().replace("T", " ").slice(0, 19) + "Z";
  const where = `Trace ID: ${ids.trace_id} Correlation ID: ${ids.correlation_id} Timestamp: ${timestamp}`;
  const body = {
    error,
    error_description: `${code}: ${message} ${where}`,
    error_codes: [Number(code.slice("AADSTS".length))],
    timestamp,
    ...ids,
  };
  return context.json(body, status);
}
