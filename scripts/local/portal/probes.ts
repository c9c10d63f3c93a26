/** The Import service's own application at Microsoft (docs/portal-contract.md#authentication). */
export const PLATFORM_APP_ID = "570d0bec-d001-4c4e-985e-3ab17fdc3073";

/** The four values that an administrator types into the portal, and the tenant. */
export type Handoff = {
  name: string;
  connectorUrl: string;
  password: string;
  azureAppId: string;
  tenantId: string;
};

export type Claims = Record<string, unknown>;

/** A credential for setup/Validate, and the status that the contract asks for. */
export type Probe = { what: string; status: 200 | 401 } & (
  | { authorization: string | undefined }
  | { claims: Claims }
);

/** `Authorization` of the platform where it uses the shared password. */
export function basic({ tenantId, password }: Pick<Handoff, "tenantId" | "password">): string {
  return `Basic ${Buffer.from(`${tenantId}:${password}`).toString("base64")}`;
}

/** Every credential that the contract allows, and near misses that it does not. */
export function listProbes(handoff: Handoff): Probe[] {
  const { tenantId, azureAppId } = handoff;
  const v1 = {
    ver: "1.0",
    iss: `https://sts.windows.net/${tenantId}/`,
    tid: tenantId,
    aud: azureAppId,
    appid: PLATFORM_APP_ID,
  };
  const { appid, ...rest } = v1;
  const issuer = `https://login.microsoftonline.com/${tenantId}/v2.0`;
  const v2 = { ...rest, ver: "2.0", iss: issuer, azp: appid };
  const stranger = "11111111-2222-4333-8444-555555555555";
  return [
    { what: "a v1 token of the platform", status: 200, claims: v1 },
    { what: "a v2 token of the platform", status: 200, claims: v2 },
    { what: "a token for api://", status: 200, claims: { ...v1, aud: `api://${azureAppId}` } },
    { what: "no credential", status: 401, authorization: undefined },
    {
      what: "a wrong password",
      status: 401,
      authorization: basic({ ...handoff, password: `${handoff.password}x` }),
    },
    {
      what: "another tenant's name with the password",
      status: 401,
      authorization: basic({ ...handoff, tenantId: stranger }),
    },
    { what: "another application's token", status: 401, claims: { ...v1, appid: stranger } },
    // D56 of docs/ancestor-defects.md: a test for a part of the id opens the door.
    {
      what: "a part of the platform's id",
      status: 401,
      claims: { ...v1, appid: PLATFORM_APP_ID.slice(0, 8) },
    },
    { what: "a token for another audience", status: 401, claims: { ...v1, aud: stranger } },
    {
      what: "another tenant's token",
      status: 401,
      claims: { ...v1, tid: stranger, iss: `https://sts.windows.net/${stranger}/` },
    },
  ];
}
