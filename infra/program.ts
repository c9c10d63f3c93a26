import * as authorization from "@pulumi/azure-native/authorization/index.js";
import * as pulumi from "@pulumi/pulumi";
import { buildPackage } from "./package/build-package.ts";
import { readConfig } from "./config.ts";
import { TwitterConnector } from "./twitter-connector.ts";

/** Creates one connector from the stack's configuration. @returns the stack's outputs. */
export async function program(build = buildPackage) {
  const config = readConfig();
  const built = await build();
  const connector = new TwitterConnector("connector", {
    ...config,
    displayName: `${pulumi.getProject()}-${pulumi.getStack()}`,
    deployer: await authorization.getClientConfig(),
    package: built,
  });
  const { connectorUrl, azureAppId, apiSecretKey } = connector;
  return {
    tenantId: connector.tenantId,
    connectorUrl,
    azureAppId,
    apiSecretKey,
    twitterCallbackUrl: connector.twitterCallbackUrl,
    statusUrl: connector.statusUrl,
    archiveUrl: connector.archiveUrl,
    evidenceAccess: config.evidenceAccess,
    workQueueUrl: connector.workQueueUrl,
    poisonQueueUrl: connector.poisonQueueUrl,
    workbookUrl: connector.workbookUrl,
    workspaceId: connector.workspaceId,
    /** `/healthz` shows this hash once the package runs. */
    packageHash: built.hash,
    /** SHA-256 of the whole package, and its address; null if it is published to the site. */
    packageZipHash: built.zipHash,
    packageUrl: connector.packageUrl ?? null,
    /** Where `npm run push` publishes it; null if the site fetches it. */
    publishUrl: connector.publishUrl ?? null,
    federatedCredential: connector.federatedCredential ?? null,
    /** Values for the compliance portal, by its labels. */
    portal: {
      Name: `Twitter (${pulumi.getStack()})`,
      "Connector URL": connectorUrl,
      Password: apiSecretKey,
      "Azure App ID": azureAppId,
    },
  };
}
