import { createHash } from "node:crypto";
import type { TokenCredential } from "@azure/identity";
import { BlobClient, RestError } from "@azure/storage-blob";
import { type Check, failed, notChecked, ok, type Verdict } from "../checks/check.ts";
import type { StackOutputs } from "../stack/outputs.ts";

export type PackageDeps = {
  outputs: Pick<StackOutputs, "packageUrl" | "packageZipHash">;
  /** SHA-256 of the blob at an address. */
  hashOf: (url: string) => Promise<string>;
};

const OLD = "the stack was deployed by a version that does not say what its package is";
/** Messages of the library when nobody is signed in, or the signed-in identity gets no token. */
const NO_TOKEN =
  /^(?:CredentialUnavailableError|AggregateAuthenticationError|AuthenticationError)$/;

/**
 * What the running app says of its package it could say of any other: this looks at the bytes
 * themselves, where the site fetches them.
 */
export function packageBytesCheck(deps: PackageDeps, needs: readonly string[] = []): Check {
  return { what: "Package bytes", needs, run: () => checkPackageBytes(deps) };
}

async function checkPackageBytes({ outputs, hashOf }: PackageDeps): Promise<Verdict> {
  const { packageUrl, packageZipHash } = outputs;
  if (packageZipHash === undefined) {
    return notChecked(OLD, "npm run up");
  }
  if (packageUrl === null || packageUrl === undefined) {
    return notChecked("the package was brought to the site, and lies in no container");
  }
  const found = await hashOf(packageUrl).catch((error: unknown) => explainStorage(error));
  if (typeof found !== "string") {
    return found;
  }
  return found === packageZipHash
    ? ok(`${nameOf(packageUrl)} is what the stack deployed, byte for byte`)
    : failed(
        `${nameOf(packageUrl)} is not what the stack deployed (SHA-256 ${found.slice(0, 16)}, must be ${packageZipHash.slice(0, 16)})`,
        "Somebody else wrote it, and the site runs it at its next start. Stop the site, see who it was " +
          "(StorageBlobLogs), renew the account's keys, and delete the blob; then npx pulumi refresh, npm run up " +
          "(packageContainerId: npm run build, and put it there again)",
      );
}

function explainStorage(error: unknown): Verdict {
  if (error instanceof RestError && error.statusCode === 404) {
    return failed(
      "the package is not where the site fetches it from: it will not start again",
      "npx pulumi refresh, then npm run up",
    );
  }
  if (error instanceof RestError && error.statusCode === 403) {
    return notChecked(
      "you may not read the package",
      "Ask for the role Storage Blob Data Reader on its container, or a network that it lets in",
    );
  }
  if (error instanceof Error && NO_TOKEN.test(error.name)) {
    return notChecked("nobody is signed in who may read the package", "az login");
  }
  const code = error instanceof RestError ? (error.code ?? error.statusCode) : undefined;
  return notChecked(`the package cannot be read (${code ?? "no answer"})`, "Try again");
}

function nameOf(url: string): string {
  return new URL(url).pathname.split("/").at(-1) ?? "";
}

/** Reads blobs with the signed-in identity, one chunk in memory at a time. */
export function createHashOf(credential: TokenCredential): PackageDeps["hashOf"] {
  return async (url) => {
    const blob = new BlobClient(url, credential, { retryOptions: { maxTries: 2 } });
    const { readableStreamBody } = await blob.download();
    const hash = createHash("sha256");
    for await (const chunk of readableStreamBody ?? []) {
      hash.update(chunk);
    }
    return hash.digest("hex");
  };
}
