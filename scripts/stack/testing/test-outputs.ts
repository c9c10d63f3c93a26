import type { StackOutputs } from "../outputs.ts";

const CONNECTOR = "https://connector.example";
const PASSWORD = "api-secret-key-0123456789";
const APP_ID = "22222222-2222-4222-8222-222222222222";

/** What a stack would say, secrets revealed. */
export const TEST_OUTPUTS: StackOutputs = {
  connectorUrl: CONNECTOR,
  azureAppId: APP_ID,
  tenantId: "11111111-1111-4111-8111-111111111111",
  apiSecretKey: PASSWORD,
  twitterCallbackUrl: `${CONNECTOR}/Views/TwitterOAuth`,
  statusUrl: `${CONNECTOR}/`,
  packageHash: "a".repeat(64),
  portal: {
    Name: "Twitter (production)",
    "Connector URL": CONNECTOR,
    Password: PASSWORD,
    "Azure App ID": APP_ID,
  },
};
