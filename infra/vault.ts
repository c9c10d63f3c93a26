import * as keyvault from "@pulumi/azure-native/keyvault/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { SecretSettingName } from "../app/settings.ts";
import type { ResourceScope } from "./scope.ts";
import { assignRole, type RoleGrantee } from "./roles.ts";

/** Every secret setting; undefined if the stack has no value (yet). */
export type SecretSettings = Record<SecretSettingName, pulumi.Input<string> | undefined>;

export type VaultArgs = {
  place: ResourceScope;
  /** The only identity that gets a role on the secrets. */
  holder: RoleGrantee;
  tenantId: pulumi.Input<string>;
  secrets: SecretSettings;
  /** Expiry of secrets that have one, ISO 8601. */
  endDates: Partial<Record<SecretSettingName, string | undefined>>;
  /** Reachable through a private endpoint only. */
  isPrivate: boolean;
  /**
   * Survives `pulumi destroy`, and nobody, not even Microsoft, can purge the vault or a secret during its
   * retention.
   */
  isProduction: boolean;
};

/** Key Vault with the app's secrets. The site gets references to them, never the values. */
export class Vault extends pulumi.ComponentResource {
  /** App settings: references with versioned addresses, so that a new version restarts the site. */
  readonly references: SecretSettings;
  readonly vaultId: pulumi.Output<string>;
  readonly roleAssignments: pulumi.Resource[] = [];
  /** Last changes of the vault; Azure rejects others at the same time (`ConflictError`). */
  readonly written: pulumi.Resource[] = [];

  constructor(name: string, args: VaultArgs, opts?: pulumi.ComponentResourceOptions) {
    super("m365:connector:Vault", name, {}, opts);
    const { place, holder, tenantId, isPrivate, isProduction } = args;
    const vault = new keyvault.Vault(
      name,
      {
        ...place,
        properties: {
          tenantId,
          sku: { family: "A", name: "standard" },
          enableRbacAuthorization: true,
          enableSoftDelete: true,
          // Fixed at creation, and a development stack may become production.
          softDeleteRetentionInDays: 90,
          // Azure accepts true or nothing: it cannot be switched off again.
          ...(isProduction && { enablePurgeProtection: true }),
          publicNetworkAccess: isPrivate ? "disabled" : "enabled",
          networkAcls: {
            defaultAction: isPrivate ? "Deny" : "Allow",
            bypass: isPrivate ? "None" : "AzureServices",
          },
          enabledForDeployment: false,
          enabledForDiskEncryption: false,
          enabledForTemplateDeployment: false,
        },
      },
      { parent: this, protect: isProduction, retainOnDelete: isProduction },
    );
    this.vaultId = vault.id;
    const reference = (setting: SecretSettingName): pulumi.Output<string> | undefined => {
      const value = args.secrets[setting];
      if (value === undefined) {
        return undefined;
      }
      const secretName = setting.toLowerCase().replaceAll("_", "-");
      // Autonamed, because a deleted secret keeps its name until its soft delete ends.
      const secret = new keyvault.Secret(
        `${name}-${secretName}`,
        {
          ...place,
          vaultName: vault.name,
          properties: {
            value: pulumi.secret(value),
            contentType: setting === "SEALING_KEYS" ? "application/jwk-set+json" : "text/plain",
            attributes: { enabled: true, ...expiry(args.endDates[setting]) },
          },
        },
        // azure-native deletes secrets through the vault's data plane, where the deployer has no role
        // (github.com/pulumi/pulumi-azure-native, custom_keyvault.go); they go with their vault.
        { parent: this, retainOnDelete: true },
      );
      this.written.push(secret);
      this.roleAssignments.push(
        assignRole(
          `${name}-${secretName}-role`,
          { ...holder, role: "keyVaultSecretsUser", scope: secret.id },
          { parent: this },
        ),
      );
      const uri = secret.properties.secretUriWithVersion;
      return pulumi.interpolate`@Microsoft.KeyVault(SecretUri=${uri})`;
    };
    this.references = {
      API_SECRET_KEY: reference("API_SECRET_KEY"),
      AZURE_APP_SECRET: reference("AZURE_APP_SECRET"),
      SEALING_KEYS: reference("SEALING_KEYS"),
      TWITTER_API_KEY: reference("TWITTER_API_KEY"),
      TWITTER_API_SECRET_KEY: reference("TWITTER_API_SECRET_KEY"),
      TWITTER_ACCESS_TOKEN: reference("TWITTER_ACCESS_TOKEN"),
      TWITTER_ACCESS_TOKEN_SECRET: reference("TWITTER_ACCESS_TOKEN_SECRET"),
    };
    this.registerOutputs({});
  }
}

/** Key Vault expects seconds since 1970. */
function expiry(endDate: string | undefined): { expires?: number } {
  return endDate === undefined ? {} : { expires: Date.parse(endDate) / 1000 };
}
