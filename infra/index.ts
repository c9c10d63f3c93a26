import { program } from "./program.ts";

/** The stack's outputs; infra/twitter-connector.ts is the architecture on one page. */
export const {
  tenantId,
  connectorUrl,
  azureAppId,
  apiSecretKey,
  twitterCallbackUrl,
  statusUrl,
  archiveUrl,
  evidenceAccess,
  workQueueUrl,
  poisonQueueUrl,
  workbookUrl,
  workspaceId,
  packageHash,
  packageZipHash,
  packageUrl,
  publishUrl,
  federatedCredential,
  portal,
} = await program();
