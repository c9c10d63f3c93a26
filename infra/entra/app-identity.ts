import * as azuread from "@pulumi/azuread";
import type * as pulumi from "@pulumi/pulumi";
import type { ProgramConfig } from "../config.ts";
import type { Credential } from "./credential.ts";
import { EXCHANGE_AUDIENCE, type Federation, Registration } from "./registration.ts";

/** The connector's application in Entra, and its credential. */
export type AppIdentity = {
  /** The portal's "Azure App ID". */
  clientId: pulumi.Input<string>;
  /** Undefined: the site's managed identity is the credential. */
  clientSecret: pulumi.Input<string> | undefined;
  /** ISO 8601; undefined if the stack does not know it. */
  secretEndDate: string | undefined;
  /** The site may start only after these. */
  ready: pulumi.Resource[];
  /** What the owner of an existing registration has to add to it. */
  federationToAdd: Federation | undefined;
};

/** Registers the connector in Entra, or uses the existing registration of the configuration. */
export function identifyApp(
  name: string,
  {
    config,
    displayName,
    credential,
    deployerTenantId,
    principalId,
    now,
    hooks,
  }: {
    config: ProgramConfig;
    /** Name of the registration, unique in the tenant. */
    displayName: string;
    credential: Credential;
    deployerTenantId: string;
    principalId: pulumi.Output<string>;
    now: Date;
    /** Called for each new credential. */
    hooks: pulumi.ResourceHookBinding;
  },
  opts: pulumi.ComponentResourceOptions,
): AppIdentity {
  const { azureAppId, azureAppSecret, tenantId = deployerTenantId, rotateDays } = config;
  const federation: Federation | undefined =
    credential === "federated"
      ? {
          issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
          subject: principalId,
          audience: EXCHANGE_AUDIENCE,
        }
      : undefined;
  if (azureAppId !== undefined) {
    return {
      clientId: azureAppId,
      clientSecret: azureAppSecret,
      secretEndDate: config.azureAppSecretEndDate,
      ready: [],
      federationToAdd: federation,
    };
  }
  // The default provider signs in to the subscription's tenant, which may be another one.
  const provider =
    tenantId === deployerTenantId
      ? undefined
      : new azuread.Provider(`${name}-microsoft-365`, { tenantId }, opts);
  const { clientId, clientSecret, secretEndDate, ready } = new Registration(
    name,
    { displayName, federation, rotateDays, now, hooks },
    { ...opts, ...(provider && { provider }) },
  );
  return { clientId, clientSecret, secretEndDate, ready, federationToAdd: undefined };
}
