import * as pulumi from "@pulumi/pulumi";
import type { PlainConfig } from "../config-schema.ts";

export type Credential = "federated" | "secret";

/**
 * Chooses how the connector authenticates to Entra: federated, without any secret, if the site's identity
 * and the registration are in the same tenant (docs/azure.md#credential); else by client secret.
 * @throws pulumi.RunError if the configured way is not possible.
 */
export function chooseCredential(
  { credential, azureAppId, tenantId }: Pick<PlainConfig, "credential" | "azureAppId" | "tenantId">,
  { hasAppSecret, deployerTenantId }: { hasAppSecret: boolean; deployerTenantId: string },
): Credential {
  const isOneTenant = tenantId === undefined || tenantId === deployerTenantId;
  const chosen = credential ?? (isOneTenant && !hasAppSecret ? "federated" : "secret");
  if (chosen === "federated" && !isOneTenant) {
    throw new pulumi.RunError(
      `credential: federated needs the site in the registration's tenant, and the subscription is of tenant ${deployerTenantId}. ` +
        "Use a secret: pulumi config set credential secret",
    );
  }
  if (chosen === "secret" && azureAppId !== undefined && !hasAppSecret) {
    throw new pulumi.RunError(
      "azureAppSecret: missing. The registration is of another tenant than the subscription, so the " +
        "connector needs its client secret: pulumi config set --secret azureAppSecret",
    );
  }
  return chosen;
}
