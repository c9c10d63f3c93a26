import { readSettings, type SettingName, type Settings } from "../settings.ts";

/** Values that no log line, page or error may ever hold. */
export const TEST_SECRETS = {
  API_SECRET_KEY: "api-secret-key:with-a-colon-0123456789",
  AZURE_APP_SECRET: "azure-app-secret-0123456789",
  TWITTER_API_KEY: "twitter-api-key-0123456789",
  TWITTER_API_SECRET_KEY: "twitter-api-secret-key-0123456789",
  TWITTER_ACCESS_TOKEN: "1652541-twitter-access-token-0123456789",
  TWITTER_ACCESS_TOKEN_SECRET: "twitter-access-token-secret-0123456789",
} as const;

const SEALING_KEY = "c2VhbGluZy1rZXktb2YtMzItYnl0ZXMtZm9yLXRlc3Q";

/** An environment as the Pulumi program wires it. */
export function testEnvironment(): Partial<Record<SettingName, string>> & NodeJS.ProcessEnv {
  return {
    TENANT_ID: "11111111-1111-4111-8111-111111111111",
    AZURE_APP_ID: "22222222-2222-4222-8222-222222222222",
    MANAGED_IDENTITY_CLIENT_ID: "33333333-3333-4333-8333-333333333333",
    EVIDENCE_CONTAINER_URL: "https://archive.blob.core.windows.net/evidence",
    STATE_CONTAINER_URL: "https://archive.blob.core.windows.net/state",
    WORK_QUEUE_URL: "https://archive.queue.core.windows.net/work",
    POISON_QUEUE_URL: "https://archive.queue.core.windows.net/poison",
    CONNECTOR_URL: "https://connector.example",
    SEALING_KEYS: JSON.stringify({ keys: [{ kty: "oct", kid: "1", k: SEALING_KEY }] }),
    ...TEST_SECRETS,
  };
}

export function testSettings(changes: Partial<Record<SettingName, string>> = {}): Settings {
  return readSettings({ ...testEnvironment(), ...changes });
}
