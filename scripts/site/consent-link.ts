import { PLATFORM_APP_ID } from "../../app/import-service/authenticate.ts";

/** Page on which a tenant administrator consents to the Import service, also before the portal asks. */
export function consentLink(tenantId: string): string {
  return `https://login.microsoftonline.com/${tenantId}/adminconsent?client_id=${PLATFORM_APP_ID}`;
}
