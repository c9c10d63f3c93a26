import { ContainerClient, RestError } from "@azure/storage-blob";
import pRetry from "p-retry";
import { ConnectorError } from "../errors.ts";
import type { Upload } from "./deliver.ts";

/**
 * Checks a container SAS before anything is done with it (portal-contract.md: parse `se` and `sp`).
 * @returns what is wrong with it, in words without the address itself, or undefined.
 */
export function sasProblem(sasUri: string, hosts: string[], now: Date): string | undefined {
  const url = URL.parse(sasUri);
  if (!url || url.protocol !== "https:") {
    return "is not an https address";
  }
  if (!hosts.some((host) => url.hostname === host || url.hostname.endsWith(`.${host}`))) {
    return `names the host ${url.hostname}, which is no Azure Storage host (setting SAS_HOSTS)`;
  }
  if (!url.searchParams.has("sig")) {
    return "has no signature (sig)";
  }
  if (!/[wc]/.test(url.searchParams.get("sp") ?? "")) {
    return "does not allow writing (sp)";
  }
  const expires = new Date(url.searchParams.get("se") ?? Number.NaN);
  if (Number.isNaN(expires.getTime())) {
    return "says no time of expiry (se)";
  }
  return expires <= now ? `expired at ${expires.toISOString()} (se)` : undefined;
}

/** Until when a SAS that has no problem is good. */
export function sasExpiry(sasUri: string): string {
  return new Date(new URL(sasUri).searchParams.get("se") ?? Number.NaN).toISOString();
}

/** For one try; ten megabytes in it are less than a megabit a second. */
const TIMEOUT_MS = 120_000;
/** Six tries over a minute: a list of 200,000 must not begin anew for one item. */
const RETRIES = 5;
const FIRST_RETRY_MS = 1_000;

/**
 * Uploads into the task's folder of the platform's container.
 * @throws ConnectorError `sas-unusable`, `upload-refused` or `upload-unavailable`.
 */
export function createUpload(
  sasUri: string,
  folder: string,
  { timeoutMs = TIMEOUT_MS, firstRetryMs = FIRST_RETRY_MS } = {},
): Upload {
  const container = new ContainerClient(sasUri, undefined, { retryOptions: { maxTries: 1 } });
  const tryOnce = async (fileName: string, body: Uint8Array) => {
    try {
      await container.getBlockBlobClient(`${folder}/${fileName}`).upload(body, body.byteLength, {
        abortSignal: AbortSignal.timeout(timeoutMs),
        blobHTTPHeaders: { blobContentType: "application/json" },
      });
    } catch (error) {
      throw toUploadError(error);
    }
  };
  return (fileName, body) =>
    pRetry(() => tryOnce(fileName, body), {
      retries: RETRIES,
      minTimeout: firstRetryMs,
      shouldRetry: ({ error }) =>
        error instanceof ConnectorError && error.code === "upload-unavailable",
    });
}

/** The error of the storage library quotes the address with its signature: only its status goes on. */
function toUploadError(error: unknown): ConnectorError {
  const status = error instanceof RestError ? (error.statusCode ?? 0) : 0;
  if ([401, 403, 404].includes(status)) {
    const message = `The platform's container refused an item: ${status}`;
    return new ConnectorError("sas-unusable", message);
  }
  const isRefused = status >= 400 && status < 500 && status !== 408 && status !== 429;
  return new ConnectorError(
    isRefused ? "upload-refused" : "upload-unavailable",
    `An item could not be uploaded to the platform's container (${status || "no answer"})`,
  );
}
