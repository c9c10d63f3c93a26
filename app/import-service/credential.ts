import { once } from "node:events";
import {
  type AccessToken,
  ClientAssertionCredential,
  ClientSecretCredential,
  type GetTokenOptions,
} from "@azure/identity";
import type { Settings } from "../settings.ts";

const PUBLIC_ENTRA = "https://login.microsoftonline.com";
/** What a managed identity's token must be for, to be taken in a client secret's place. */
const EXCHANGE_SCOPE = "api://AzureADTokenExchange/.default";

const TOKEN_TIMEOUT_MS = 30_000;

/** A TokenCredential that gives a token or throws. */
export type Credential = {
  getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken>;
};

/** Named, so that it is known for what it is wherever it comes up (errors.ts). */
export class NoTokenError extends Error {
  override name = "NoTokenError" as const;
}

/** @azure/identity waits for Entra for as long as it takes, whatever abort signal it is given. */
export function answerInTime(credential: Credential, timeoutMs = TOKEN_TIMEOUT_MS): Credential {
  return {
    getToken(scopes, options) {
      const tooLate = once(AbortSignal.timeout(timeoutMs), "abort").then(() => {
        throw new NoTokenError("No token in time");
      });
      return Promise.race([credential.getToken(scopes, options), tooLate]);
    },
  };
}

/**
 * What the connector signs in to Entra with as its own registration: its client secret, or where it
 * has none, a token of the site's managed identity, which the registration then trusts (Entra:
 * workload identity federation).
 */
export function createAppCredential(
  {
    TENANT_ID,
    AZURE_APP_ID,
    AZURE_APP_SECRET,
    ENTRA_URL,
  }: Pick<Settings, "TENANT_ID" | "AZURE_APP_ID" | "AZURE_APP_SECRET" | "ENTRA_URL">,
  identity: Credential,
): Credential {
  const authority = {
    authorityHost: ENTRA_URL,
    disableInstanceDiscovery: ENTRA_URL !== PUBLIC_ENTRA,
  };
  if (AZURE_APP_SECRET !== undefined) {
    return new ClientSecretCredential(TENANT_ID, AZURE_APP_ID, AZURE_APP_SECRET, authority);
  }
  const getAssertion = async () => (await identity.getToken(EXCHANGE_SCOPE)).token;
  return new ClientAssertionCredential(TENANT_ID, AZURE_APP_ID, getAssertion, authority);
}
