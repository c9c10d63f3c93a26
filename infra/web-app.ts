import * as web from "@pulumi/azure-native/web/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { SettingName } from "../app/settings.ts";

/**
 * The seam between program and app: a setting that the app reads and nobody wires here does not
 * compile, nor does one that nobody reads. Undefined: the app's own default, or not there yet.
 */
export type AppSettings = Record<SettingName, pulumi.Input<string> | undefined>;

export type WebAppArgs = {
  resourceGroupName: pulumi.Input<string>;
  /** Resource id of the user-assigned identity that the site runs, fetches and reads secrets as. */
  identityId: pulumi.Input<string>;
  packageUrl: pulumi.Input<string>;
  settings: AppSettings;
  skuName: string;
  tags: Record<string, string>;
};

/** The plan and the site. It starts only when everything that it depends on is in place. */
export class WebApp extends pulumi.ComponentResource {
  /** `https://` and the host name that Azure gave; never built from the site's name. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: WebAppArgs, opts?: pulumi.ComponentResourceOptions) {
    super("m365:connector:WebApp", name, {}, opts);
    const { resourceGroupName, identityId, packageUrl, settings, skuName, tags } = args;
    const plan = new web.AppServicePlan(
      `${name}-plan`,
      { resourceGroupName, kind: "linux", reserved: true, sku: { name: skuName }, tags },
      { parent: this },
    );
    const site = new web.WebApp(
      `${name}-site`,
      {
        resourceGroupName,
        kind: "app,linux",
        serverFarmId: plan.id,
        identity: { type: "UserAssigned", userAssignedIdentities: [identityId] },
        keyVaultReferenceIdentity: identityId,
        httpsOnly: true,
        clientAffinityEnabled: false,
        siteConfig: {
          linuxFxVersion: "NODE|24-lts",
          appCommandLine: "node server.js",
          alwaysOn: true,
          healthCheckPath: "/healthz",
          http20Enabled: true,
          minTlsVersion: "1.2",
          scmMinTlsVersion: "1.2",
          ftpsState: "Disabled",
          remoteDebuggingEnabled: false,
          appSettings: [
            ...toNameValuePairs(settings),
            { name: "WEBSITE_RUN_FROM_PACKAGE", value: packageUrl },
            { name: "WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID", value: identityId },
            { name: "SCM_DO_BUILD_DURING_DEPLOYMENT", value: "false" },
          ],
        },
        tags,
      },
      { parent: this },
    );
    const place = { resourceGroupName, name: site.name };
    new web.WebAppFtpAllowed(`${name}-ftp`, { ...place, allow: false }, { parent: this });
    new web.WebAppScmAllowed(`${name}-scm`, { ...place, allow: false }, { parent: this });
    this.url = pulumi.interpolate`https://${site.defaultHostName}`;
    this.registerOutputs({ url: this.url });
  }
}

function toNameValuePairs(settings: AppSettings): { name: string; value: pulumi.Input<string> }[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value }],
  );
}
