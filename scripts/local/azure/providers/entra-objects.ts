import { randomBytes, randomUUID } from "node:crypto";

import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { readInputs } from "../arm.ts";
import { removeFrom } from "../../remove-from.ts";
import type {
  Application,
  Lifecycles,
  Made,
  MadeResource,
  Provider,
  ResourceRequest,
  World,
} from "../world.ts";

export const entraObjects: Provider = {
  "azuread:index/application:Application": makeApplication,
  "azuread:index/applicationIdentifierUri:ApplicationIdentifierUri": makeIdentifierUri,
  "azuread:index/applicationRedirectUris:ApplicationRedirectUris": makeRedirectUris,
  "azuread:index/servicePrincipal:ServicePrincipal": makePrincipal,
  "azuread:index/applicationPassword:ApplicationPassword": makePassword,
  "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential":
    makeFederatedCredential,
};

export const entraLifecycles: Lifecycles = {
  "azuread:index/application:Application": {
    remove: ({ id }, world) => {
      const application = world.applications.find((one) => one.id === id);
      for (const { value } of application?.passwords ?? []) {
        world.entra.revokeSecret(application?.clientId ?? "", value);
      }
      removeFrom(world.applications, (one) => one.id === id);
    },
  },
  "azuread:index/applicationPassword:ApplicationPassword": { remove: removePassword },
};

// Exact address; https everywhere but on the user's own machine (docs/azure.md#registration).
const redirectUri = z
  .string()
  .refine(
    (uri) => /^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1)[:/])/.test(uri) && !/[*#]/.test(uri),
    "https, exact",
  );

const applicationInputs = z.looseObject({
  displayName: z.string().min(1).max(120),
  signInAudience: z
    .enum([
      "AzureADMyOrg",
      "AzureADMultipleOrgs",
      "AzureADandPersonalMicrosoftAccount",
      "PersonalMicrosoftAccount",
    ])
    .default("AzureADMyOrg"),
  api: z.looseObject({ requestedAccessTokenVersion: z.literal([1, 2]).default(1) }).optional(),
  web: z.looseObject({ redirectUris: z.array(redirectUri).optional() }).optional(),
  identifierUris: z.array(z.string()).default([]),
});

function makeApplication(request: ResourceRequest, world: World): Made {
  const inputs = readInputs(applicationInputs, request);
  const application = newApplication();
  for (const uri of inputs.identifierUris) {
    requireAllowedUri(uri, application, world);
  }
  world.applications.push(application);
  const { id, objectId, clientId } = application;
  const state = { objectId, clientId, publisherDomain: "local.onmicrosoft.com" };
  return { id, name: inputs.displayName, state };
}

function newApplication(): Application {
  const objectId = randomUUID();
  const ids = { id: `/applications/${objectId}`, objectId, clientId: randomUUID() };
  return { ...ids, hasPrincipal: false, passwords: [] };
}

const uriInputs = z.looseObject({ applicationId: z.string(), identifierUri: z.string() });

function makeIdentifierUri(request: ResourceRequest, world: World): Made {
  const { applicationId, identifierUri } = readInputs(uriInputs, request);
  const application = findApplication(world, applicationId);
  requireAllowedUri(identifierUri, application, world);
  const id = `${applicationId}/identifierUris/${Buffer.from(identifierUri).toString("base64url")}`;
  return { id, name: identifierUri, state: {} };
}

/** Source: learn.microsoft.com/entra/identity-platform/identifier-uri-restrictions */
function requireAllowedUri(uri: string, { clientId }: Application, { tenantId }: World): void {
  const allowed = [
    new RegExp(`^api://${clientId}(/|$)`, "i"),
    new RegExp(`^api://${tenantId}/[^/]+`, "i"),
    new RegExp(`^api://[^/]+/${clientId}$`, "i"),
    /^(https|api):\/\/([^/]+\.)?local\.onmicrosoft\.com(\/|$)/i,
  ];
  if (!allowed.some((pattern) => pattern.test(uri)) || uri.endsWith("/")) {
    throw new Error(`HostNameNotOnVerifiedDomain: identifier URI ${uri} is not an allowed form`);
  }
}

const redirectInputs = z.looseObject({
  applicationId: z.string(),
  type: z.enum(["PublicClient", "SPA", "Web"]),
  redirectUris: z.array(redirectUri).min(1),
});

function makeRedirectUris(request: ResourceRequest, world: World): Made {
  const { applicationId, type } = readInputs(redirectInputs, request);
  findApplication(world, applicationId);
  return { id: `${applicationId}/redirectUris/${type}`, name: type, state: {} };
}

const principalInputs = z.looseObject({ clientId: z.guid() });

function makePrincipal(request: ResourceRequest, world: World): Made {
  const { clientId } = readInputs(principalInputs, request);
  const application = world.applications.find((one) => one.clientId === clientId);
  if (!application) {
    throw new Error(`NoBackingApplicationObject: no application has the client id ${clientId}`);
  }
  application.hasPrincipal = true;
  for (const password of application.passwords) {
    world.entra.registerClient(clientId, password.value);
  }
  const objectId = randomUUID();
  return { id: `/servicePrincipals/${objectId}`, name: objectId, state: { objectId } };
}

const passwordInputs = z.looseObject({
  applicationId: z.string(),
  endDate: z.iso.datetime({ offset: true }).optional(),
});

function makePassword(request: ResourceRequest, world: World): Made {
  const { applicationId } = readInputs(passwordInputs, request);
  const application = findApplication(world, applicationId);
  const value = randomBytes(30).toString("base64url");
  const keyId = randomUUID();
  application.passwords.push({ keyId, value });
  if (application.hasPrincipal) {
    world.entra.registerClient(application.clientId, value);
  }
  const state = { keyId, value: pulumi.secret(value) };
  return { id: `${application.objectId}/password/${keyId}`, name: keyId, state };
}

function removePassword({ name: keyId }: MadeResource, { applications, entra }: World): void {
  for (const { clientId, passwords } of applications) {
    const password = passwords.find((one) => one.keyId === keyId);
    if (password) {
      entra.revokeSecret(clientId, password.value);
      removeFrom(passwords, (one) => one === password);
    }
  }
}

const credentialInputs = z.looseObject({
  applicationId: z.string(),
  displayName: z.string().min(1).max(120),
  issuer: z.url(),
  subject: z.string().min(1),
  audiences: z.array(z.string()).length(1),
});

function makeFederatedCredential(request: ResourceRequest, world: World): Made {
  const { applicationId, issuer, subject, audiences } = readInputs(credentialInputs, request);
  const application = findApplication(world, applicationId);
  const trust = { issuer, subject, audiences };
  world.trusts.push(trust);
  world.entra.registerFederatedCredential(application.clientId, trust);
  const credentialId = randomUUID();
  const id = `${application.objectId}/federatedIdentityCredential/${credentialId}`;
  return { id, name: credentialId, state: { credentialId } };
}

function findApplication(world: World, id: string): Application {
  const application = world.applications.find((one) => one.id === id);
  if (!application) {
    throw new Error(`No application has the id ${id} (it is /applications/<object id>)`);
  }
  return application;
}
