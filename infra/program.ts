import * as authorization from "@pulumi/azure-native/authorization/index.js";
import * as pulumi from "@pulumi/pulumi";
import { buildPackage } from "./package/build-package.ts";
import { readConfig } from "./config.ts";
import { TwitterConnector } from "./twitter-connector.ts";

/** One connector, as the stack's configuration wants it. @returns the stack's outputs. */
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
    /** What `/healthz` must answer once this package runs. */
    packageHash: built.hash,
    /** SHA-256 of the whole package, and where it lies; null where it is brought. */
    packageZipHash: built.zipHash,
    packageUrl: connector.packageUrl ?? null,
    /** Where `npm run push` brings it to; null where the site fetches it. */
    publishUrl: connector.publishUrl ?? null,
    federatedCredential: connector.federatedCredential ?? null,
    /** What the compliance portal asks for, under its own labels. */
    portal: {
      Name: `Twitter (${pulumi.getStack()})`,
      "Connector URL": connectorUrl,
      Password: apiSecretKey,
      "Azure App ID": azureAppId,
    },
  };
}
