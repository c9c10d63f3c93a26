/** How a request shows who sends it. A user delegation SAS is signed with a key that a role gives. */
export type Proof = "token" | "key" | "sas" | "userDelegationSas" | "nothing";

/** An answer in Azure Storage's words. */
export type StorageRefusal = {
  status: number;
  code: string;
  message: string;
  detail?: string;
  headers?: Record<string, string>;
};

export type AccountRules = { allowSharedKeyAccess: boolean; allowBlobPublicAccess: boolean };

/** What a request carries: the Authorization header first, then the query. */
export function proofOf(authorization: string | undefined, query: URLSearchParams): Proof {
  if (authorization !== undefined) {
    return authorization.startsWith("Bearer ") ? "token" : "key";
  }
  if (!query.has("sig")) {
    return "nothing";
  }
  return query.has("skoid") ? "userDelegationSas" : "sas";
}

/** What the account's own switches refuse whatever the roles are. Source: docs/azure.md#settings. */
export function refusalOfAccount(
  proof: Proof,
  rules: AccountRules,
  request: { tenantId: string; apiVersion: string | undefined },
): StorageRefusal | undefined {
  if ((proof === "key" || proof === "sas") && !rules.allowSharedKeyAccess) {
    return {
      status: 403,
      code: "KeyBasedAuthenticationNotPermitted",
      message: "Key based authentication is not permitted on this storage account.",
    };
  }
  if (proof !== "nothing" || rules.allowBlobPublicAccess) {
    return undefined;
  }
  // Bearer challenge: learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory
  return (request.apiVersion ?? "") >= "2019-12-12"
    ? notAuthenticated(request.tenantId)
    : {
        status: 409,
        code: "PublicAccessNotPermitted",
        message: "Public access is not permitted on this storage account.",
      };
}

/** 401 with a challenge; `detail` says what is wrong with the token, if there was one. */
export function notAuthenticated(tenantId: string, detail?: string): StorageRefusal {
  const authority = `https://login.microsoftonline.com/${tenantId}/oauth2/authorize`;
  return {
    status: 401,
    code: detail === undefined ? "NoAuthenticationInformation" : "InvalidAuthenticationInfo",
    message:
      "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
    ...(detail !== undefined && { detail }),
    headers: {
      "www-authenticate": `Bearer authorization_uri=${authority} resource_id=https://storage.azure.com`,
    },
  };
}

export const PERMISSION_MISMATCH: StorageRefusal = {
  status: 403,
  code: "AuthorizationPermissionMismatch",
  message: "This request is not authorized to perform this operation using this permission.",
};

/** A write to a blob that exists, with a SAS that may create and not write. Azurite: a mismatch. */
export const UNAUTHORIZED_OVERWRITE: StorageRefusal = {
  status: 403,
  code: "UnauthorizedBlobOverwrite",
  message: "This request is not authorized to perform blob overwrites.",
};

/** A change to a blob that retention holds. */
export const IMMUTABLE: StorageRefusal = {
  status: 409,
  code: "BlobImmutableDueToPolicy",
  message: "This operation is not permitted as the blob is immutable due to a policy.",
};

/**
 * Azurite's refusal of a Put Blob in Azure's own words: who may create (`c`) and is refused for lack of
 * a permission would have overwritten.
 */
export function isOverwrite(
  { method, query }: { method: string | undefined; query: URLSearchParams },
  azuriteCode: string | undefined,
): boolean {
  const permissions = query.get("sp") ?? "";
  const mayOnlyCreate = permissions.includes("c") && !permissions.includes("w");
  return (
    method === "PUT" &&
    !query.has("comp") &&
    !query.has("restype") &&
    mayOnlyCreate &&
    azuriteCode === PERMISSION_MISMATCH.code
  );
}

export function refusalToXml({ code, message, detail }: StorageRefusal, requestId: string): string {
  const time = new Date().toISOString();
  const more = detail ? `<AuthenticationErrorDetail>${detail}</AuthenticationErrorDetail>` : "";
  return `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}\nRequestId:${requestId}\nTime:${time}</Message>${more}</Error>`;
}
