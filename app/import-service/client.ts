import { connect } from "node:tls";
import type { TokenCredential } from "@azure/identity";
import { ConnectorError } from "../errors.ts";
import type { ManifestEntry } from "../delivery/manifest.ts";
import { PLATFORM_APP_ID } from "./authenticate.ts";
import { readEntraRefusal } from "./entra-codes.ts";

/** The Import service's own application in Microsoft's tenant (docs/portal-contract.md#outgoing-calls). */
export const PLATFORM_RESOURCE =
  "https://microsoft.onmicrosoft.com/4e476d41-2395-42be-89ff-34cb9186a1ac";
const PLATFORM_SCOPE = `${PLATFORM_RESOURCE}/.default`;
/** Microsoft's sibling scripts on the same host wait 300 to 400 s. */
const TIMEOUT_MS = 300_000;
const DAY_MS = 24 * 3_600_000;
const HANDSHAKE_MS = 10_000;
const HTTPS_PORT = 443;

/** The platform's `status` of a task. */
export const COMPLETION_STATUS = { success: 0, temporaryFailure: 1, permanentFailure: 2 } as const;

export type CompletionStatus = (typeof COMPLETION_STATUS)[keyof typeof COMPLETION_STATUS];
export type CompletionItem = Pick<ManifestEntry, "id" | "modificationTimestampUtc" | "fileName">;
export type Completion = {
  jobId: string;
  taskId: string;
  status: CompletionStatus;
  /** Read once for each try, and once before it for its length. */
  items: () => AsyncIterable<CompletionItem>;
};

export type Platform = {
  /**
   * Reports the end of a task, in one try; returns only after a 2xx. It may have been accepted all
   * the same where it throws, so it is for the caller to try again, and to say the same again.
   * @throws ConnectorError `entra-refused`, `consent-missing`, `platform-refused` (4xx),
   * `platform-too-large` (413) or `platform-unavailable`.
   */
  complete(completion: Completion): Promise<void>;
  /** @throws ConnectorError `entra-refused` or `consent-missing` if no token for the platform can be had. */
  checkToken(): Promise<void>;
  /** @throws ConnectorError `platform-unavailable` if no TLS connection can be made. */
  checkReachable(): Promise<void>;
};

export function createPlatform({
  url,
  clientId,
  createCredential,
  fetch = globalThis.fetch,
  timeoutMs = TIMEOUT_MS,
  now = () => new Date(),
}: {
  url: string;
  /** Of the connector's own registration. */
  clientId: string;
  /** Makes one that has no token yet. */
  createCredential: () => TokenCredential;
  fetch?: typeof globalThis.fetch;
  timeoutMs?: number;
  now?: () => Date;
}): Platform {
  let credential = createCredential();
  const post = async (completion: Completion, contentLength: number): Promise<Response> => {
    const address = `${url}/api/data/ondownloadcomplete/?jobId=${encodeURIComponent(completion.jobId)}`;
    const token = await getToken(credential, clientId);
    return fetch(address, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "content-length": String(contentLength),
      },
      body: bodyOf(completion),
      duplex: "half",
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((cause: unknown) => {
      throw new ConnectorError("platform-unavailable", "The Import service cannot be reached", {
        cause,
      });
    });
  };
  return {
    async complete(completion) {
      const contentLength = await lengthOf(bodyOf(completion));
      let response = await post(completion, contentLength);
      if (response.status === 401) {
        await response.body?.cancel();
        credential = createCredential();
        response = await post(completion, contentLength);
      }
      await response.body?.cancel();
      if (!response.ok) {
        throw refusal(response, now());
      }
    },
    checkToken: async () => {
      await getToken(credential, clientId);
    },
    checkReachable: () => handshake(new URL(url)),
  };
}

const CHUNK_CHARACTERS = 64 * 1024;

/** The completion in the platform's words, a piece at a time: 200,000 items are 20 MB. */
async function* bodyOf({ taskId, status, items }: Completion): AsyncGenerator<Uint8Array> {
  let text = `{"taskId":${JSON.stringify(taskId)},"status":${status},"itemMetadata":[`;
  let separator = "";
  for await (const { id, modificationTimestampUtc, fileName } of items()) {
    text += separator + JSON.stringify({ id, modificationTimestampUtc, fileName });
    separator = ",";
    if (text.length > CHUNK_CHARACTERS) {
      yield Buffer.from(text);
      text = "";
    }
  }
  yield Buffer.from(`${text}]}`);
}

async function lengthOf(body: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
  }
  return bytes;
}

/**
 * No request: how the Import service answers a call that is not in its contract is not known. The
 * handshake shows that name, route and certificate are right.
 */
function handshake({ hostname, port }: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    const target = { host: hostname, port: Number(port || HTTPS_PORT), timeout: HANDSHAKE_MS };
    const socket = connect(target, () => {
      socket.destroy();
      resolve();
    });
    socket.once("timeout", () => socket.destroy(new Error("no answer in time")));
    socket.once("error", (cause) => {
      const message = `${hostname} cannot be reached from the site; its outbound network must allow it`;
      reject(new ConnectorError("platform-unavailable", message, { cause }));
    });
  });
}

function refusal({ status, headers }: Response, now: Date): ConnectorError {
  if (status === 413) {
    return new ConnectorError(
      "platform-too-large",
      "The Import service takes no list so long: 413",
    );
  }
  const isPassing = status >= 500 || status === 429 || status === 408;
  const retryAt = isPassing ? parseRetryAfter(headers.get("retry-after"), now) : undefined;
  return new ConnectorError(
    isPassing ? "platform-unavailable" : "platform-refused",
    `The Import service answered the completion with ${status}`,
    { ...(retryAt && { retryAt }) },
  );
}

/** Seconds, or a date; nothing that is over, and nothing beyond a day, which nobody means. */
export function parseRetryAfter(value: string | null, now: Date): Date | undefined {
  const ms = /^\d+$/.test(value ?? "")
    ? now.getTime() + Number(value) * 1000
    : Date.parse(value ?? "");
  return ms > now.getTime() && ms <= now.getTime() + DAY_MS ? new Date(ms) : undefined;
}

/**
 * Entra's words for a tenant without a service principal of the Import service, which the portal
 * makes when it asks for consent: there is none (500011), the connector's organization has none
 * (650052), or it is disabled (7000112, which it also says of the connector's own).
 */
const NO_PRINCIPAL = [500011, 650052];
const DISABLED = 7000112;

function isConsentMissing(error: unknown, clientId: string): boolean {
  const { codes, words } = readEntraRefusal(error);
  return (
    NO_PRINCIPAL.some((code) => codes.has(code)) ||
    (codes.has(DISABLED) && !words.includes(clientId))
  );
}

async function getToken(credential: TokenCredential, clientId: string): Promise<string> {
  const answer = await credential.getToken(PLATFORM_SCOPE).catch((cause: unknown) => {
    if (isConsentMissing(cause, clientId)) {
      throw new ConnectorError(
        "consent-missing",
        `Nobody has consented yet to the Import service of Microsoft 365 (application ${PLATFORM_APP_ID}) ` +
          "in the tenant, or it is disabled there: finish the connector in the compliance portal, " +
          "or give admin consent by the link of `npm run handoff`",
        { cause },
      );
    }
    throw new ConnectorError(
      "entra-refused",
      "Microsoft Entra gives no token for the Import service: check that the app registration " +
        "exists, that its secret has not expired and that its service principal is there " +
        "(`npm run up` mends all three)",
      { cause },
    );
  });
  if (!answer) {
    throw new ConnectorError(
      "entra-refused",
      "Microsoft Entra gave no token for the Import service",
    );
  }
  return answer.token;
}
