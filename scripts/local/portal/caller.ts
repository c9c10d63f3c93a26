/** Whom the Import service listens to: the expected audience, application and tenant. */
export type ExpectedCaller = { resource: string; tenantId: string; appId: string | undefined };

/**
 * Why a verified token's claims do not open the Import service, or undefined when they do. The
 * caller is the connector's own application (docs/portal-contract.md#outgoing-calls).
 */
export function judgeCaller(
  claims: Record<string, unknown>,
  { resource, tenantId, appId }: ExpectedCaller,
): string | undefined {
  const caller = claims.appid ?? claims.azp;
  // Entra puts the resource into `aud` as it was asked for: v2 `<resource>//.default` keeps a slash.
  if (claims.aud !== resource && claims.aud !== `${resource}/`) {
    return `The token is for ${String(claims.aud)}, not for ${resource}.`;
  }
  if (claims.tid !== tenantId) {
    return `The token is of tenant ${String(claims.tid)}, not of ${tenantId}.`;
  }
  if (appId === undefined || caller !== appId) {
    return `The caller ${String(caller)} is not the application of a connector set up here.`;
  }
  return undefined;
}
