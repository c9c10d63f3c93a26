import { randomBytes, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { Closable } from "../contracts.ts";
import { startIdentityEndpoint } from "./identity-endpoint.ts";
import type { World } from "./world.ts";

export type Operator = Closable & {
  /** What DefaultAzureCredential goes by, and whose certificates are to be trusted. */
  environment: Record<string, string>;
};

/** Storage Queue Data Contributor, Storage Blob Data Reader, Website Contributor. */
const ROLES = [
  "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
  "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
  "de139f84-1756-47ae-9be6-808fbbe84772",
];

/**
 * A person of the customer's who is logged in to Azure and may work on the queues, read evidence and
 * publish to the site.
 */
export async function startOperator(world: World): Promise<Operator> {
  const id = `/subscriptions/${world.subscriptionId}/operator`;
  const [clientId, principalId] = [randomUUID(), randomUUID()];
  world.identities.push({ id, clientId, principalId });
  const scope = `/subscriptions/${world.subscriptionId}`;
  world.assignments.push(...ROLES.map((roleId) => ({ scope, roleId, principalId })));
  const endpoint = await startIdentityEndpoint(world);
  const secret = randomBytes(32).toString("hex").toUpperCase();
  endpoint.secrets.set(secret, {
    id,
    name: "operator",
    hostName: "",
    portHolder: createServer(),
    settings: [],
    commandLine: "",
    healthCheckPath: "",
    identities: [id],
    keyVaultReferenceIdentity: undefined,
    isScmOpen: false,
  });
  return {
    environment: {
      IDENTITY_ENDPOINT: endpoint.url,
      IDENTITY_HEADER: secret,
      AZURE_CLIENT_ID: clientId,
      NODE_EXTRA_CA_CERTS: world.certificate.caFile,
    },
    close: () => endpoint.close(),
  };
}
