import { createHash, timingSafeEqual } from "node:crypto";

/** A trust in tokens of somebody else: `subject` of `issuer`, for one of `audiences`. */
export type FederatedCredential = { issuer: string; subject: string; audiences: string[] };

export type Client = { objectId: string; secrets: string[]; credentials: FederatedCredential[] };

/** Known clients by client id. */
export type Clients = Map<string, Client>;

/** An answer in Entra's words: status, OAuth error, Entra's own code `AADSTS…`, and its sentence. */
export type Refusal = { status: 400 | 401; error: string; code: string; message: string };

/** A request that may be answered by a token; `assertion` is still to be verified. */
export type Grant = {
  clientId: string;
  objectId: string;
  resource: string;
  version: 1 | 2;
  assertion?: string;
};

export type TokenRequest = {
  /** 2: the resource comes as `scope=<resource>/.default`; 1: as `resource=`. */
  version: 1 | 2;
  contentType: string | undefined;
  authorization: string | undefined;
  body: string;
  clients: Clients;
};

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/**
 * Judges a client-credentials request as Entra's token endpoint does.
 * Source of the codes: learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
export function readTokenRequest(request: TokenRequest): Grant | Refusal {
  const form = new URLSearchParams(isForm(request.contentType) ? request.body : "");
  const grantType = form.get("grant_type");
  if (!grantType) {
    return missing("grant_type");
  }
  if (grantType !== "client_credentials") {
    return invalid(
      "unsupported_grant_type",
      "AADSTS70003",
      `The app requested an unsupported grant type '${grantType}'.`,
    );
  }
  const sender = readSender(form, request.authorization);
  const known = judgeSender(sender, request.clients);
  if ("code" in known) {
    return known;
  }
  const resource = readResource(form, request.version);
  return typeof resource === "string" ? { ...known, resource, version: request.version } : resource;
}

/** Whether a verified assertion is one that this credential trusts: issuer, subject, audience. */
export function assertionMatches(
  { issuer, subject, audiences }: FederatedCredential,
  claims: Record<string, unknown>,
): boolean {
  const audience = claims["aud"];
  return (
    claims["iss"] === issuer &&
    claims["sub"] === subject &&
    typeof audience === "string" &&
    audiences.includes(audience)
  );
}

type Sender = { clientId: string; secret: string; assertion: string; assertionType: string };

function isForm(contentType: string | undefined): boolean {
  return (contentType ?? "").toLowerCase().startsWith("application/x-www-form-urlencoded");
}

function readSender(form: URLSearchParams, authorization: string | undefined): Sender {
  const encoded = /^Basic (.+)$/i.exec(authorization ?? "")?.[1] ?? "";
  const [id = "", secret = ""] = Buffer.from(encoded, "base64").toString().split(/:(.*)/s);
  return {
    clientId: form.get("client_id") ?? formDecode(id),
    secret: form.get("client_secret") ?? formDecode(secret),
    assertion: form.get("client_assertion") ?? "",
    assertionType: form.get("client_assertion_type") ?? "",
  };
}

/** RFC 6749 section 2.3.1: both halves of Basic are form-encoded before they are joined. */
function formDecode(text: string): string {
  return new URLSearchParams(`x=${text}`).get("x") ?? "";
}

function judgeSender(
  { clientId, secret, assertion, assertionType }: Sender,
  clients: Clients,
): Refusal | { clientId: string; objectId: string; assertion?: string } {
  if (!clientId) {
    return missing("client_id");
  }
  const client = clients.get(clientId);
  if (!client) {
    const message = `Application with identifier '${clientId}' was not found in the directory. This can happen if the application has not been installed by the administrator of the tenant.`;
    return invalid("unauthorized_client", "AADSTS700016", message);
  }
  const who = { clientId, objectId: client.objectId };
  if (assertion && assertionType === ASSERTION_TYPE) {
    return { ...who, assertion };
  }
  if (!secret) {
    const message = `'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.`;
    return { ...invalid("invalid_client", "AADSTS7000216", message), status: 401 };
  }
  if (!client.secrets.some((known) => sameText(known, secret))) {
    const message = `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${clientId}'.`;
    return { ...invalid("invalid_client", "AADSTS7000215", message), status: 401 };
  }
  return who;
}

function sameText(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

/** Both sides of a comparison in constant time must have the same length. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function readResource(form: URLSearchParams, version: 1 | 2): string | Refusal {
  const name = version === 2 ? "scope" : "resource";
  const value = form.get(name)?.trim();
  if (!value) {
    return missing(name);
  }
  const resource = version === 2 ? /^(\S+)\/\.default$/.exec(value)?.[1] : value;
  if (resource === undefined) {
    const message = `The provided value for scope ${value} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`;
    return invalid("invalid_scope", "AADSTS1002012", message);
  }
  return isResourceId(resource)
    ? resource
    : invalid(
        "invalid_resource",
        "AADSTS500011",
        `The resource principal named ${resource} was not found in the tenant.`,
      );
}

/** An application ID URI, or the bare id of an application. */
function isResourceId(resource: string): boolean {
  return URL.canParse(resource) || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(resource);
}

function missing(parameter: string): Refusal {
  const message = `The request body must contain the following parameter: '${parameter}'.`;
  return invalid("invalid_request", "AADSTS900144", message);
}

function invalid(error: string, code: string, message: string): Refusal {
  return { status: 400, error, code, message };
}
