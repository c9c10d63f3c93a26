import type { Server } from "node:http";

import type { Certificate } from "../contracts.ts";
import type { Entra } from "../entra/entra.ts";
import type { Faults } from "../faults/fault.ts";
import type { BusyServices } from "./busy-services.ts";
import type { Azurite, AzuriteAccount } from "./azurite.ts";
import type { ResourceScope } from "./key-clients.ts";
import type { RoleAssignment } from "./roles.ts";
import type { StorageFront } from "./storage-front.ts";

/** Anything that was made, by its ARM id (or the id of its provider). `name` is the physical one. */
export type MadeResource = {
  id: string;
  type: string;
  logicalName: string;
  name: string;
  /** Ids of what it uses, which may not be deleted before it. */
  uses?: string[];
};

export type ManagedIdentity = { id: string; clientId: string; principalId: string };

/** Versions of a secret, oldest first. `enabled: false`: no value is handed out. */
export type VaultSecret = {
  id: string;
  vault: string;
  name: string;
  version: string;
  value: string;
  enabled: boolean;
};

export type Application = {
  id: string;
  objectId: string;
  clientId: string;
  /** Passwords work only once a service principal stands for the application in the tenant. */
  hasPrincipal: boolean;
  passwords: { keyId: string; value: string }[];
};

export type FederatedTrust = { issuer: string; subject: string; audiences: string[] };

/** A site's publishing endpoint (Kudu). */
export type Scm = {
  /** `127.0.0.1:PORT`; https. */
  host: string;
  /** The zip that was published last. */
  package(): Uint8Array | undefined;
  close(): Promise<void>;
};

export type Site = {
  id: string;
  name: string;
  hostName: string;
  /** Holds the port until the site starts. */
  portHolder: Server;
  settings: { name: string; value: string }[];
  commandLine: string;
  healthCheckPath: string;
  /** ARM ids of the identities that are attached. */
  identities: string[];
  keyVaultReferenceIdentity: string | undefined;
  /** Whether anybody may reach its publishing endpoint. */
  isScmOpen: boolean;
};

/** All that exists in the local subscription. */
export type World = {
  tenantId: string;
  subscriptionId: string;
  /** Who runs the program. */
  deployer: { clientId: string; objectId: string };
  directory: string;
  certificate: Certificate;
  entra: Entra;
  azurite: Azurite;
  trust: ResourceScope["trust"];
  front: StorageFront;
  /** The Import service's own. */
  platformAccount: AzuriteAccount;
  /** Accounts of Azurite that no storage account has taken yet. */
  spareAccounts: AzuriteAccount[];
  /** By id in lower case: ARM compares without regard to case. */
  resources: Map<string, MadeResource>;
  assignments: RoleAssignment[];
  identities: ManagedIdentity[];
  secrets: VaultSecret[];
  /** Ids, in lower case, of vaults and secrets that were deleted: their names stay taken. */
  softDeleted: Set<string>;
  applications: Application[];
  trusts: FederatedTrust[];
  linuxPlans: Set<string>;
  busy: BusyServices;
  /** Servers that hold ports for sites to come. */
  portHolders: Server[];
  sites: Site[];
  /** Ports of sites that were deleted, by the site's name. */
  formerHosts: Map<string, Server>;
  /** Publishing endpoints of sites, by id; an endpoint and what was published outlive changes of the site. */
  scms: Map<string, Scm>;
  /** What is to go wrong; undefined: nothing. */
  faults: Faults | undefined;
};

/** What a provider is asked for: the token without version, the logical name, inputs without secrecy. */
export type ResourceRequest = {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
};

/** What it adds to the inputs. `name` is the physical name; `uses`: see MadeResource. */
export type Made = {
  id: string;
  name: string;
  state: Record<string, unknown>;
  uses?: string[];
};

export type Make = (request: ResourceRequest, world: World) => Made | Promise<Made>;

/** Makers by resource token. */
export type Provider = Record<string, Make>;

/** New inputs for what was made before; `resource.name` is its physical name. */
export type Change = ResourceRequest & {
  resource: MadeResource;
  oldInputs: Record<string, unknown>;
};

/** What the service does beyond making a resource. */
export type Lifecycle = {
  /** Carries a change out, or refuses it. @returns what it adds to the new inputs. */
  update?: (change: Change, world: World) => Made | Promise<Made>;
  /** Why it may not be deleted (yet); undefined: it may. */
  refuseRemoval?: (resource: MadeResource, world: World) => string | undefined;
  remove?: (resource: MadeResource, world: World) => void | Promise<void>;
  /** Settings come with what they are settings of: deleted, they are reset, and what lies below stays. */
  isReset?: boolean;
};

/** By resource token. What has no row takes any new inputs, and leaves nothing behind. */
export type Lifecycles = Record<string, Lifecycle>;
