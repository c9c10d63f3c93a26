import * as azuread from "@pulumi/azuread";
import type * as pulumi from "@pulumi/pulumi";
import type { ProgramConfig } from "../config.ts";
import type { Credential } from "./credential.ts";
import { EXCHANGE_AUDIENCE, type Federation, Registration } from "./registration.ts";

/** Who the connector is in Entra, and how it shows it. */
export type AppIdentity = {
  /** The portal's "Azure App ID". */
  clientId: pulumi.Input<string>;
  /** Undefined: it shows the site's managed identity. */
  clientSecret: pulumi.Input<string> | undefined;
  /** ISO 8601; undefined where it is not ours to know. */
  secretEndDate: string | undefined;
  /** The site may start only after these. */
  ready: pulumi.Resource[];
  /** What the owner of a registration that is not ours has to add to it. */
  federationToAdd: Federation | undefined;
};

/** Registers the connector in Entra, or takes the registration that the deployer was given. */
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
    /** Of the registration; no other in the tenant has it. */
    displayName: string;
    credential: Credential;
    deployerTenantId: string;
    principalId: pulumi.Output<string>;
    now: Date;
    /** Told of each new credential. */
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
  // The default provider may be signed in to the subscription's tenant, which is another one.
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
