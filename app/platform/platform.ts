import { connect } from "node:tls";
import type { TokenCredential } from "@azure/identity";
import pRetry from "p-retry";
import { ConnectorError } from "../errors.ts";
import type { ManifestEntry } from "../delivery/manifest.ts";

/** The Import service's own application in Microsoft's tenant (portal-contract.md). */
export const PLATFORM_RESOURCE =
  "https://microsoft.onmicrosoft.com/4e476d41-2395-42be-89ff-34cb9186a1ac";
const PLATFORM_SCOPE = `${PLATFORM_RESOURCE}/.default`;
/** Microsoft's sibling scripts on the same host wait 300 to 400 s. */
const TIMEOUT_MS = 300_000;
const QUICK_RETRIES = 3;
const HANDSHAKE_MS = 10_000;
const HTTPS_PORT = 443;

/** The platform's `status` of a task. */
export const COMPLETION_STATUS = { success: 0, temporaryFailure: 1, permanentFailure: 2 } as const;

export type Completion = {
  jobId: string;
  taskId: string;
  status: (typeof COMPLETION_STATUS)[keyof typeof COMPLETION_STATUS];
  items: Pick<ManifestEntry, "id" | "modificationTimestampUtc" | "fileName">[];
};

export type Platform = {
  /**
   * Reports the end of a task; returns only after a 2xx.
   * @throws ConnectorError `entra-refused`, `platform-refused` (4xx) or `platform-unavailable`.
   */
  complete(completion: Completion): Promise<void>;
  /** @throws ConnectorError `entra-refused` if no token for the platform can be had. */
  checkToken(): Promise<void>;
  /** @throws ConnectorError `platform-unavailable` if no TLS connection can be made. */
  checkReachable(): Promise<void>;
};

export function createPlatform({
  url,
  credential,
  fetch = globalThis.fetch,
}: {
  url: string;
  credential: TokenCredential;
  fetch?: typeof globalThis.fetch;
}): Platform {
  const post = async ({ jobId, taskId, status, items }: Completion) => {
    const token = await getToken(credential);
    const address = `${url}/api/data/ondownloadcomplete/?jobId=${encodeURIComponent(jobId)}`;
    const itemMetadata = items.map(({ id, modificationTimestampUtc, fileName }) => ({
      id,
      modificationTimestampUtc,
      fileName,
    }));
    const response = await fetch(address, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ taskId, status, itemMetadata }),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((cause: unknown) => {
      throw new ConnectorError("platform-unavailable", "The Import service cannot be reached", {
        cause,
      });
    });
    await response.body?.cancel();
    if (!response.ok) {
      throw refusal(response.status);
    }
  };
  return {
    complete: (completion) =>
      pRetry(() => post(completion), {
        retries: QUICK_RETRIES,
        shouldRetry: ({ error }) =>
          error instanceof ConnectorError && error.code === "platform-unavailable",
      }),
    checkToken: async () => {
      await getToken(credential);
    },
    checkReachable: () => handshake(new URL(url)),
  };
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

function refusal(status: number): ConnectorError {
  return status >= 500 || status === 429 || status === 408
    ? new ConnectorError("platform-unavailable", `The Import service answered ${status}`)
    : new ConnectorError(
        "platform-refused",
        `The Import service refused the completion: ${status}`,
      );
}

async function getToken(credential: TokenCredential): Promise<string> {
  const answer = await credential.getToken(PLATFORM_SCOPE).catch((cause: unknown) => {
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
