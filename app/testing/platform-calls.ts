import { TEST_SECRETS, testEnvironment } from "./environment.ts";

const { TENANT_ID = "" } = testEnvironment();

/** `Authorization: Basic` of a tenant and a secret; by default the right ones. */
export function basic(secret: string = TEST_SECRETS.API_SECRET_KEY, tenantId = TENANT_ID): string {
  return `Basic ${Buffer.from(`${tenantId}:${secret}`).toString("base64")}`;
}

export const SAS_URI =
  "https://import.blob.core.windows.net/tenant?sv=2024-11-04&sp=w&se=2026-12-31T00:00:00Z&sig=sas-signature-0123456789";

/** A request for a window, as the platform sends it; `changes` replace members, undefined drops one. */
export function downloadRequest(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    JobId: "job-1",
    TaskId: "task-1",
    StartTime: "2026-01-01T00:00:00Z",
    EndTime: "2026-01-02T00:00:00Z",
    DirtyEntities: null,
    BlobSasUri: SAS_URI,
    ...changes,
  };
}

export function postJson(body: unknown, authorization = basic()): RequestInit {
  return {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

export function as(authorization: string | undefined, method = "GET"): RequestInit {
  return { method, headers: authorization === undefined ? {} : { authorization } };
}
