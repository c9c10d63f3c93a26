import { describe, expect, it } from "vitest";
import { SECRET_KEYS } from "./config.ts";
import { planOf } from "./testing/event-log.ts";
import { type Mode, MODES, OTHER_TENANT, OWN_APP_ID, TWITTER_CONFIG } from "./testing/modes.ts";
import { TENANT } from "./testing/start-stand-in.ts";
import {
  changedSettings,
  onEngine,
  type Pulumi,
  secretsInClear,
  useStack,
} from "./testing/stack.ts";

/** Those that no other tests of stacks are about. */
const modes = Object.keys(MODES)
  .filter((name): name is Mode => name in MODES)
  .filter((name) => !/^(first up|production|client secret|own registration.*)$/.test(name));

await onEngine((pulumi) => {
  describe("in production", () => {
    describeProduction(pulumi);
  });
  describe.each(modes)("with %s", (mode) => {
    describeMode(pulumi, MODES[mode]);
  });
  describe("with own registration that trusts the site", () => {
    describeOwnTrust(pulumi);
  });
  describe("with own registration, its secret, and instances that follow the queue", () => {
    describeOwnSecret(pulumi);
  });
});

/** A stack with evidence in it. */
function describeProduction(pulumi: Pulumi): void {
  const stack = useStack(pulumi, {});
  const resources = () => stack().azure.standIn.resources();
  let address: unknown;

  it("has no client secret, where site and registration are of one tenant", async () => {
    const plan = planOf(await stack().succeed("up"));
    expect(plan).toContain(
      "create azuread:ApplicationFederatedIdentityCredential connector-registration-federation",
    );
    expect(plan.filter((step) => /ApplicationPassword|azure-app-secret/.test(step))).toEqual([]);
  });

  it("may have been tried out before, without losing what it has", async () => {
    const made = resources();
    const production = { environment: "production", sku: "P0v3", instances: "2" };
    await stack().engine.configure(production, TWITTER_CONFIG);
    const kinds = planOf(await stack().succeed("up")).map((step) => step.split(" ")[0]);
    expect(new Set(kinds)).toEqual(new Set(["create", "update"]));
    expect(resources()).toEqual(expect.arrayContaining(made));
    expect(planOf(await stack().succeed("up"))).toEqual([]);
  });

  it("is not destroyed by accident", async () => {
    const made = resources();
    const destroy = await stack().run("destroy");
    expect(destroy.succeeded).toBe(false);
    expect(destroy.output).toContain("because it is protected");
    expect(resources()).toEqual(made);
  });

  it("leaves the evidence and the queues when the rest of it is destroyed, the site's group too", async () => {
    address = (await stack().engine.outputs())["connectorUrl"];
    const container = resources().find((id) => id.endsWith("/containers/evidence")) ?? "";
    const account = container.slice(0, container.indexOf("/blobServices/"));
    const vault = resources().find((id) => /\/vaults\/[^/]+$/.test(id)) ?? "";
    const destroy = await stack().succeed("destroy --exclude-protected");
    expect(planOf(destroy)).toContain("delete web:WebApp connector-site");
    const queues = resources().filter((id) => /\/queues\/\w+$/.test(id));
    expect(new Set(queues.map((id) => id.split("/").at(-1)))).toEqual(new Set(["work", "poison"]));
    expect(resources()).toEqual(expect.arrayContaining([container, account, vault]));
    expect(resources().filter((id) => /\/resourceGroups\/[^/]+$/.test(id))).toHaveLength(1);
  });

  it("takes the evidence up again, with the keys to it", async () => {
    const { standIn } = stack().azure;
    const [left, secrets] = [resources(), [...standIn.secrets]];
    await stack().succeed("up");
    expect(resources()).toEqual(expect.arrayContaining(left));
    expect(resources().filter((id) => id.endsWith("/containers/evidence"))).toHaveLength(1);
    expect([...standIn.secrets]).toEqual(secrets);
    // What was entered at X and in the portal stays true.
    expect((await stack().engine.outputs())["connectorUrl"]).toBe(address);
  });

  it("lets go of the evidence on purpose: out of the stack first, then with its group", async () => {
    await stack().engine.unprotect();
    const destroy = await stack().succeed("destroy");
    expect(planOf(destroy)).toContain("delete storage:BlobContainer connectorarchive-evidence");
    expect(resources().filter((id) => id.endsWith("/containers/evidence"))).toHaveLength(1);
    const group = resources().find((id) => /\/resourceGroups\/[^/]+$/.test(id)) ?? "";
    await stack().azure.manager.remove(group);
    expect(resources()).toEqual([]);
  });
}

/** Every other way in which the program is used, in short. */
function describeMode(pulumi: Pulumi, config: Record<string, string>): void {
  const secretKeys = new Set<string>(SECRET_KEYS);
  const pick = (isSecret: boolean) =>
    Object.fromEntries(Object.entries(config).filter(([key]) => secretKeys.has(key) === isSecret));
  const stack = useStack(pulumi, pick(false));

  it("is made at once, stays as it is, and goes in an order that Azure takes", async () => {
    const strangers = JSON.stringify(config).match(/\/subscriptions\/[^"\\]+/g) ?? [];
    strangers.forEach((id) => stack().azure.manager.admit(id));
    await stack().engine.configure({}, pick(true));
    expect(planOf(await stack().succeed("up"))).toContain("create web:WebApp connector-site");
    expect(planOf(await stack().succeed("up"))).toEqual([]);
    const isKept = config["environment"] === "production";
    const end = isKept ? "destroy --exclude-protected" : "destroy";
    expect(planOf(await stack().succeed(end))).toContain("delete web:WebApp connector-site");
    expect(stack().azure.standIn.resources().length > 0).toBe(isKept);
  });
}

/** A stack that changes nothing in Entra, and has no secret of it. */
function describeOwnTrust(pulumi: Pulumi): void {
  const stack = useStack(pulumi, { azureAppId: OWN_APP_ID }, { without: ["azuread"] });

  it("is made without Entra, and says whom the registration has to trust", async () => {
    const up = await stack().succeed("up");
    expect(planOf(up)).toContain("create web:WebApp connector-site");
    expect(planOf(up).filter((step) => /azuread|azure-app-secret/.test(step))).toEqual([]);
    const { azureAppId, federatedCredential } = await stack().engine.outputs();
    expect(azureAppId).toBe(OWN_APP_ID);
    expect(federatedCredential).toMatchObject({
      issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
    });
    expect(planOf(await stack().succeed("up"))).toEqual([]);
  });

  it("goes without a trace", async () => {
    await stack().succeed("destroy");
    expect(stack().azure.standIn.resources()).toEqual([]);
  });
}

/** A stack that changes nothing in Entra: the provider for it is not even there. */
function describeOwnSecret(pulumi: Pulumi): void {
  const settlingSeconds = 2;
  const config = {
    azureAppId: OWN_APP_ID,
    sku: "S1",
    maxInstances: "3",
    roleSettlingSeconds: String(settlingSeconds),
  };
  const stack = useStack(pulumi, config, { without: ["azuread"] });

  it("is not begun with a credential that cannot be", async () => {
    await stack().engine.configure({ tenantId: OTHER_TENANT, credential: "federated" }, {});
    const up = await stack().run("up");
    expect(up.succeeded).toBe(false);
    expect(up.output).toContain(
      "credential: federated needs the site in the registration's tenant",
    );
    expect(stack().azure.standIn.resources()).toEqual([]);
    await stack().engine.configure({ tenantId: "", credential: "" }, {});
  });

  it("is not made while the stack's file has a secret in clear", async () => {
    await stack().engine.configure({ azureAppSecret: "a-secret-in-clear" }, {});
    const up = await stack().run("up");
    expect(up.succeeded).toBe(false);
    expect(up.output).toContain("azureAppSecret: is stored unencrypted in the stack's file");
    expect(stack().azure.standIn.resources()).toEqual([]);
  });

  it("is made without Entra, and stays as it is", async () => {
    await stack().engine.configure({}, { azureAppSecret: "own-secret-in-clear" });
    const up = await stack().succeed("up");
    expect(planOf(up)).toEqual(
      expect.arrayContaining([
        "create keyvault:Secret connector-vault-azure-app-secret",
        "create monitor:AutoscaleSetting connector-autoscale",
      ]),
    );
    expect(up.steps.filter(({ type }) => type.startsWith("azuread:"))).toEqual([]);
    const [site, role] = ["web:WebApp", "authorization:RoleAssignment"].map((type) =>
      stack().azure.standIn.lastChange(`azure-native:${type}`),
    );
    expect((site ?? 0) - (role ?? 0)).toBeGreaterThanOrEqual(settlingSeconds * 1000);
    expect(planOf(await stack().succeed("up"))).toEqual([]);
  });

  it("takes another client secret, and moves the site to it in the same up", async () => {
    await stack().engine.configure({}, { azureAppSecret: "renewed-secret-in-clear" });
    const up = await stack().succeed("up");
    expect(planOf(up)).toEqual([
      "update keyvault:Secret connector-vault-azure-app-secret",
      "update web:WebApp connector-site",
    ]);
    expect(changedSettings(up)).toEqual(["AZURE_APP_SECRET"]);
    expect([...stack().azure.standIn.secrets]).toContain("renewed-secret-in-clear");
    expect(await secretsInClear(stack())).toEqual([]);
  });

  it("leaves as many instances as the queue has called for, and goes without a trace", async () => {
    const { standIn } = stack().azure;
    const plan = standIn.resources().find((id) => /\/serverfarms\/[^/]+$/.test(id)) ?? "";
    standIn.change(plan, { sku: { name: "S1", capacity: 3 } });
    await stack().succeed("refresh");
    expect(planOf(await stack().succeed("up"))).toEqual([]);
    await stack().succeed("destroy");
    expect(standIn.resources()).toEqual([]);
  });
}
