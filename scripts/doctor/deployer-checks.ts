import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { ProgramConfig } from "../../infra/config.ts";
import { chooseCredential } from "../../infra/entra/credential.ts";
import {
  type Check,
  failed,
  notChecked,
  NotCheckedError,
  ok,
  type Verdict,
} from "../checks/check.ts";
import type { Recorded, Stack } from "../arm/record-program.ts";
import { checkPolicy } from "./policy-check.ts";
import type { StackConfig } from "../stack/pulumi.ts";
import type { Account, Az } from "./az.ts";
import { judgeRegion, regionsSchema } from "./region.ts";
import { judgeProviders, providersSchema } from "./resource-providers.ts";
import { missingActions, REGISTERING_PERMISSIONS, REGISTERING_ROLES } from "./permissions.ts";

export type DeployerDeps = {
  az: Az;
  config: () => Promise<ProgramConfig>;
  stackConfig: () => Promise<StackConfig>;
  env: NodeJS.ProcessEnv;
  /** The resources that an `up` would create, evaluated without creating them. */
  record: (stack: Stack) => Promise<Recorded[]>;
};

const GRAPH = "https://graph.microsoft.com/v1.0";

const permissionsSchema = z.object({
  value: z.array(
    z.object({
      actions: z.array(z.string()).default([]),
      notActions: z.array(z.string()).default([]),
    }),
  ),
});
const policySchema = z.object({
  defaultUserRolePermissions: z.object({ allowedToCreateApps: z.boolean() }),
});
const directoryRolesSchema = z.object({
  value: z.array(z.object({ roleTemplateId: z.string().nullish() })),
});
const appRolesSchema = z.object({ value: z.array(z.object({ appRoleId: z.string() })) });

/** Checks whether the identity that is signed in with az may create the program's resources. */
export function deployerChecks(deps: DeployerDeps): Check[] {
  const needs = ["Configuration"];
  return [
    { what: "Azure permissions", needs, run: () => checkAzure(deps) },
    {
      what: "Resource providers",
      needs: ["Azure permissions"],
      run: () => checkProviders(deps),
    },
    { what: "Region", needs: ["Azure permissions"], run: () => checkRegion(deps) },
    { what: "Azure Policy", needs: ["Azure permissions"], run: () => askPolicy(deps) },
    { what: "Entra permissions", needs, run: () => checkEntra(deps) },
  ];
}

async function checkAzure(deps: DeployerDeps): Promise<Verdict> {
  const account = await deployerOf(deps);
  const subscriptionId = await subscriptionOf(deps, account);
  const scope = `/subscriptions/${subscriptionId}`;
  const answer = await deps.az.get(
    `${scope}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`,
    permissionsSchema,
  );
  if (!answer) {
    return failed(
      `${account.name} has no access to subscription ${subscriptionId}`,
      "az account set",
    );
  }
  const missing = missingActions(answer.value, await deps.config());
  return missing.length === 0
    ? ok(`${account.name} on subscription ${subscriptionId}`)
    : failed(
        `${account.name} may not do on subscription ${subscriptionId}:\n${missing.join("\n")}`,
        "Ask for the roles Contributor and Role Based Access Control Administrator on it",
      );
}

async function checkProviders(deps: DeployerDeps): Promise<Verdict> {
  const subscriptionId = await subscriptionOf(deps, await deployerOf(deps));
  const providers = await deps.az.get(
    `/subscriptions/${subscriptionId}/providers?api-version=2021-04-01`,
    providersSchema,
  );
  return providers
    ? judgeProviders(await deps.config(), providers)
    : notChecked("Azure does not say which resource providers are registered");
}

async function checkRegion(deps: DeployerDeps): Promise<Verdict> {
  const { "azure-native:location": location } = await deps.stackConfig();
  const subscriptionId = await subscriptionOf(deps, await deployerOf(deps));
  const regions = await deps.az.get(
    `/subscriptions/${subscriptionId}/locations?api-version=2022-12-01`,
    regionsSchema,
  );
  return regions
    ? judgeRegion(location?.value ?? "", await deps.config(), regions)
    : notChecked("Azure does not say which regions there are");
}

async function askPolicy(deps: DeployerDeps): Promise<Verdict> {
  const account = await deployerOf(deps);
  const config = await deps.stackConfig();
  const subscriptionId = await subscriptionOf(deps, account);
  const stack = { name: "doctor", config, subscriptionId, tenantId: account.tenantId };
  const location = config["azure-native:location"]?.value ?? "";
  const recorded = await deps.record(stack);
  return checkPolicy({ az: deps.az, subscriptionId, location, recorded });
}

async function subscriptionOf(
  { stackConfig, env }: DeployerDeps,
  account: Account,
): Promise<string> {
  const stack = await stackConfig();
  const given = stack["azure-native:subscriptionId"]?.value ?? env["ARM_SUBSCRIPTION_ID"];
  return given ?? account.subscriptionId;
}

async function checkEntra(deps: DeployerDeps): Promise<Verdict> {
  const config = await deps.config();
  const account = await deployerOf(deps);
  const refusal = credentialRefusal(config, account);
  if (refusal !== undefined) {
    return failed(refusal, "Run the command above, as npx pulumi ...");
  }
  if (config.azureAppId !== undefined) {
    return ok("not needed: the registration exists (azureAppId)");
  }
  const { tenantId = account.tenantId } = config;
  if (tenantId !== account.tenantId) {
    return notChecked(
      `the registration is made in tenant ${tenantId}, and az is logged in to ${account.tenantId}`,
      `az login --tenant ${tenantId} --allow-no-subscriptions`,
    );
  }
  const power = account.isPerson ? await personalPower(deps.az) : await appPower(deps.az, account);
  return power === undefined
    ? failed(
        `${account.name} may not register an app in tenant ${tenantId}`,
        "Ask for the role Application Developer (an application: Graph's Application.ReadWrite.OwnedBy), " +
          "or have somebody register the app and set azureAppId",
      )
    : ok(`${account.name}: ${power}`);
}

/** The program's own refusal, which depends on the deployer's tenant and so comes at run time only. */
function credentialRefusal(config: ProgramConfig, account: Account): string | undefined {
  try {
    const hasAppSecret = config.azureAppSecret !== undefined;
    chooseCredential(config, { hasAppSecret, deployerTenantId: account.tenantId });
    return undefined;
  } catch (error) {
    if (error instanceof pulumi.RunError) {
      return error.message;
    }
    throw error;
  }
}

/** A directory role, or a tenant that allows it to all users. */
async function personalPower(az: Az): Promise<string | undefined> {
  const roles = await az.get(
    `${GRAPH}/me/transitiveMemberOf/microsoft.graph.directoryRole`,
    directoryRolesSchema,
  );
  const held = roles?.value.flatMap(({ roleTemplateId }) =>
    roleTemplateId ? (REGISTERING_ROLES[roleTemplateId] ?? []) : [],
  );
  if (held?.[0] !== undefined) {
    return held[0];
  }
  const policy = await az.get(`${GRAPH}/policies/authorizationPolicy`, policySchema);
  return policy?.defaultUserRolePermissions.allowedToCreateApps === true
    ? "all users may register apps in this tenant"
    : undefined;
}

async function appPower(az: Az, { name }: Account): Promise<string | undefined> {
  const address = `${GRAPH}/servicePrincipals(appId='${name}')/appRoleAssignments`;
  const assignments = await az.get(address, appRolesSchema);
  return assignments?.value
    .map(({ appRoleId }) => REGISTERING_PERMISSIONS[appRoleId])
    .find((permission) => permission !== undefined);
}

/** The az sign-in, if the program deploys with it. */
async function deployerOf({ az, env, stackConfig }: DeployerDeps): Promise<Account> {
  const stack = await stackConfig();
  const names = ["ARM_CLIENT_ID", "ARM_USE_OIDC", "ARM_USE_MSI"].filter((name) => env[name]);
  const keys = ["azure-native:clientId", "azure-native:useOidc"].filter((key) => stack[key]);
  const [other] = [...names, ...keys];
  if (other !== undefined) {
    throw new NotCheckedError(`the program signs in by ${other}, and not as az does`);
  }
  return az.account();
}
