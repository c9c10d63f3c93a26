import {
  ClientAssertionCredential,
  ClientSecretCredential,
  type ManagedIdentityCredential,
  type TokenCredential,
} from "@azure/identity";
import type { Settings } from "../settings.ts";

const PUBLIC_ENTRA = "https://login.microsoftonline.com";
/** What a managed identity's token must be for, to be taken in a client secret's place. */
const EXCHANGE_SCOPE = "api://AzureADTokenExchange/.default";

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
  identity: Pick<ManagedIdentityCredential, "getToken">,
): TokenCredential {
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
