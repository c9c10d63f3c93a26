import { isObject, isSame, type Properties } from "./property-values.ts";

/**
 * Inputs that cannot be changed in place, so that the resource is replaced. `*`: any input. Sources:
 * the mutability in Azure's REST specifications, and the azure-native provider's own list of what
 * forces a replacement; azuread and random: their documentation.
 */
const REPLACED: Record<string, string[]> = {
  "azure-native:authorization:RoleAssignment": ["principalId", "principalType", "roleDefinitionId"],
  "azure-native:network:PrivateEndpoint": ["subnet"],
  "azure-native:storage:Blob": ["source", "type", "contentMd5"],
  "azure-native:storage:StorageAccount": [
    "encryption.requireInfrastructureEncryption",
    "isHnsEnabled",
  ],
  "azure-native:web:AppServicePlan": ["reserved"],
  "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential": [
    "applicationId",
    "displayName",
  ],
  "azuread:index/applicationIdentifierUri:ApplicationIdentifierUri": ["*"],
  "azuread:index/applicationPassword:ApplicationPassword": ["*"],
  "azuread:index/applicationRedirectUris:ApplicationRedirectUris": ["applicationId", "type"],
  "azuread:index/servicePrincipal:ServicePrincipal": ["clientId"],
};

/** What addresses a resource of Azure, and where and of what kind it is. */
const ADDRESS = /^(name|[a-z]\w*Name|location|kind|scope|resourceUri)$/;
/** Names that are only shown. */
const SHOWN = new Set(["displayName", "groupShortName"]);

/** Those of the changed inputs that make it a replacement. */
export function replacedBy(type: string, old: Properties, given: Properties): string[] {
  const changed = (path: string) => !isSame(at(old, path), at(given, path));
  const keys = [...new Set([...Object.keys(old), ...Object.keys(given)])];
  const listed = REPLACED[type] ?? [];
  const paths = [
    ...(type.startsWith("random:") || listed.includes("*") ? keys : listed),
    ...(type.startsWith("azure-native:") ? keys.filter(isAddress) : []),
  ];
  return [...new Set(paths)].filter(changed);
}

/** azure-native always deletes first; the others need it only where a name is taken. */
export function deletesBeforeReplace(type: string): boolean {
  return type.startsWith("azure-native:");
}

function isAddress(input: string): boolean {
  return ADDRESS.test(input) && !SHOWN.has(input);
}

function at(values: Properties, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), values);
}
