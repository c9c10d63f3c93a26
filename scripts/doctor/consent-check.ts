import { z } from "zod";
import { PLATFORM_APP_ID } from "../../app/import-service/authenticate.ts";
import { type Check, notChecked, ok, type Verdict, warning } from "../checks/check.ts";
import { consentLink } from "../site/consent-link.ts";
import type { Az } from "./az.ts";

const PRINCIPAL = `https://graph.microsoft.com/v1.0/servicePrincipals(appId='${PLATFORM_APP_ID}')`;

const principalSchema = z.object({ accountEnabled: z.boolean().default(true) });

/**
 * Whether the tenant knows the Import service. Until somebody has consented to it, Entra gives no
 * token for it (AADSTS500011); the portal asks for consent after Validate, so that it is no failure.
 */
export function consentCheck(az: Az, tenantId: string): Check {
  return { what: "Admin consent", run: () => checkConsent(az, tenantId) };
}

async function checkConsent(az: Az, tenantId: string): Promise<Verdict> {
  const account = await az.account();
  if (account.tenantId !== tenantId) {
    return notChecked(
      `the Azure CLI is logged in to tenant ${account.tenantId}, and Microsoft 365 is in ${tenantId}`,
      `az login --tenant ${tenantId} --allow-no-subscriptions`,
    );
  }
  const principal = await az.get(PRINCIPAL, principalSchema);
  if (!principal) {
    return warning(
      "nobody has consented to Microsoft 365's Import service yet; nothing can be delivered before that",
      `The compliance portal asks for it on its last page. As an administrator, now: ${consentLink(tenantId)}`,
    );
  }
  return principal.accountEnabled
    ? ok("the Import service has consent in the tenant")
    : warning(
        "the Import service's enterprise application is disabled in the tenant; nothing can be delivered",
        `In entra.microsoft.com > Enterprise applications > ${PLATFORM_APP_ID} > Properties: Enabled for users to sign in`,
      );
}
