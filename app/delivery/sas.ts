import { ContainerClient, RestError } from "@azure/storage-blob";
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

/** Uploads into the task's folder of the platform's container. @throws ConnectorError `sas-unusable`. */
export function createUpload(sasUri: string, folder: string): Upload {
  const container = new ContainerClient(sasUri);
  return async (fileName, body) => {
    try {
      await container.getBlockBlobClient(`${folder}/${fileName}`).upload(body, body.byteLength, {
        blobHTTPHeaders: { blobContentType: "application/json" },
      });
    } catch (error) {
      const status = error instanceof RestError ? (error.statusCode ?? 0) : 0;
      if ([401, 403, 404].includes(status)) {
        throw new ConnectorError(
          "sas-unusable",
          `The platform's container refused an item: ${status}`,
        );
      }
      // The error of the storage library quotes the address with its signature.
      throw new ConnectorError("platform-unavailable", `An item could not be uploaded (${status})`);
    }
  };
}
