import { createHash } from "node:crypto";
import { ContainerClient, RestError } from "@azure/storage-blob";
import pRetry from "p-retry";
import { ConnectorError } from "../errors.ts";
import type { Upload } from "./deliver.ts";

/** For one try; ten megabytes in it are less than a megabit a second. */
const TIMEOUT_MS = 120_000;
/** Six tries over a minute: a list of 200,000 must not begin anew for one item. */
const RETRIES = 5;
const FIRST_RETRY_MS = 1_000;

export type UploadOptions = {
  /** Called for each item that was there already where the SAS lets nobody look at it. */
  onUnread?: (fileName: string) => void;
  timeoutMs?: number;
  firstRetryMs?: number;
};

/**
 * Uploads into the task's folder of the platform's container. An item's name and bytes are determined,
 * so one that is there already (a write whose answer was lost, a run that was cut off) and may not be
 * overwritten is uploaded, as long as its length and MD5 agree where the SAS allows to look.
 * @throws ConnectorError `sas-unusable`, `upload-unavailable`, `upload-refused`, or `upload-name-taken`
 * where an item of the same name has other bytes.
 */
export function createUpload(
  sasUri: string,
  folder: string,
  {
    onUnread = () => {},
    timeoutMs = TIMEOUT_MS,
    firstRetryMs = FIRST_RETRY_MS,
  }: UploadOptions = {},
): Upload {
  const container = new ContainerClient(sasUri, undefined, { retryOptions: { maxTries: 1 } });
  const permissions = new URL(sasUri).searchParams.get("sp") ?? "";
  const tryOnce = async (fileName: string, body: Uint8Array) => {
    const name = `${folder}/${fileName}`;
    const abortSignal = AbortSignal.timeout(timeoutMs);
    try {
      await container.getBlockBlobClient(name).upload(body, body.byteLength, {
        abortSignal,
        blobHTTPHeaders: { blobContentType: "application/json" },
      });
    } catch (error) {
      const found = isThere(error, permissions)
        ? await lookAt(container, { name, permissions, abortSignal })
        : "absent";
      if (found === "absent") {
        throw toUploadError(error);
      }
      if (found === "unparseable") {
        onUnread(fileName);
      } else if (!isSame(found, body)) {
        throw otherBytes(fileName, found, body);
      }
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

/** What Azure Storage says of a blob that is there and may not be overwritten, by SAS, condition or policy. */
const THERE_CODES = new Set([
  "UnauthorizedBlobOverwrite",
  "BlobAlreadyExists",
  "BlobImmutableDueToPolicy",
]);

function isThere(error: unknown, permissions: string): boolean {
  const code = error instanceof RestError ? (error.code ?? "") : "";
  const mayOnlyCreate = permissions.includes("c") && !permissions.includes("w");
  // Whoever may create lacks no permission but that to overwrite.
  return THERE_CODES.has(code) || (mayOnlyCreate && code === "AuthorizationPermissionMismatch");
}

type Found = { bytes: number; md5: string };

async function lookAt(
  container: ContainerClient,
  {
    name,
    permissions,
    abortSignal,
  }: { name: string; permissions: string; abortSignal: AbortSignal },
): Promise<Found | "absent" | "unparseable"> {
  try {
    if (permissions.includes("r")) {
      return toFound(await container.getBlobClient(name).getProperties({ abortSignal }));
    }
    if (permissions.includes("l")) {
      for await (const blob of container.listBlobsFlat({ prefix: name, abortSignal })) {
        return blob.name === name ? toFound(blob.properties) : "absent";
      }
      return "absent";
    }
    return "unparseable";
  } catch (error) {
    const status = statusOf(error);
    if (status === 404) {
      return "absent";
    }
    if (status === 401 || status === 403) {
      return "unparseable";
    }
    throw toUploadError(error);
  }
}

/** Azure keeps an MD5 of every blob that is written in one piece. */
function toFound(about: {
  contentLength?: number | undefined;
  contentMD5?: Uint8Array | undefined;
}): Found | "unparseable" {
  const { contentLength, contentMD5 } = about;
  return contentLength === undefined || contentMD5 === undefined
    ? "unparseable"
    : { bytes: contentLength, md5: Buffer.from(contentMD5).toString("hex") };
}

function isSame({ bytes, md5 }: Found, body: Uint8Array): boolean {
  return bytes === body.byteLength && md5 === md5Of(body);
}

function md5Of(body: Uint8Array): string {
  return createHash("md5").update(body).digest("hex");
}

function otherBytes(fileName: string, { bytes, md5 }: Found, body: Uint8Array): ConnectorError {
  return new ConnectorError(
    "upload-name-taken",
    `The platform's container holds ${fileName} with other bytes and does not let it be overwritten: ` +
      `${bytes} bytes, MD5 ${md5}, instead of ${body.byteLength}, MD5 ${md5Of(body)}. ` +
      "A container that is new brings it: the platform sends one when it asks again",
  );
}

/** The error of the storage library quotes the address with its signature: only its status goes on. */
function toUploadError(error: unknown): ConnectorError {
  const status = statusOf(error);
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

function statusOf(error: unknown): number {
  return error instanceof RestError ? (error.statusCode ?? 0) : 0;
}
