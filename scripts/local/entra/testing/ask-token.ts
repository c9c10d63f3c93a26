/** Signs in as Azure's own client does. Arguments: authority, tenant, client, secret, scope. */

import { ClientSecretCredential } from "@azure/identity";

const [authorityHost = "", tenantId = "", clientId = "", secret = "", scope = ""] =
  process.argv.slice(2);
const options = { authorityHost, disableInstanceDiscovery: true, retryOptions: { maxRetries: 0 } };
const credential = new ClientSecretCredential(tenantId, clientId, secret, options);
const answer: unknown = await credential.getToken(scope).then(
  ({ token }) => token,
  (error: unknown) => ({ message: error instanceof Error ? error.message : "" }),
);
process.stdout.write(JSON.stringify(answer));
