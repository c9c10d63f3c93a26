import * as authorization from "@pulumi/azure-native/authorization/index.js";
import * as pulumi from "@pulumi/pulumi";
import { buildPackage } from "../../infra/package/build-package.ts";
import { TwitterConnector } from "../../infra/twitter-connector.ts";

/**
 * A platform team's own program: two connectors in one stack, each for accounts of X of its own. In a
 * repository of the team's, the two imports of `../../infra` are of this package.
 */
export async function program(build = buildPackage) {
  const shared = {
    deployer: await authorization.getClientConfig(),
    package: await build(),
    environment: "production",
    sku: "P0v3",
    alertEmail: "compliance-it@contoso.com",
    tags: { costCenter: "4711" },
    evidenceAccess: "create-only",
  } as const;
  const press = new TwitterConnector("press", shared);
  const support = new TwitterConnector("support", { ...shared, captureIntervalMinutes: "60" });
  return {
    connectorUrls: [press.connectorUrl, support.connectorUrl],
    callbackUrls: [press.twitterCallbackUrl, support.twitterCallbackUrl],
    passwords: pulumi.secret([press.apiSecretKey, support.apiSecretKey]),
  };
}
