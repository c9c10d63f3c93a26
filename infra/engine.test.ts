import { appendFile, readFile, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import type { Outcome } from "./testing/engine.ts";
import { planOf } from "./testing/event-log.ts";
import { TWITTER_CONFIG } from "./testing/modes.ts";
import {
  changedSettings,
  onEngine,
  type Pulumi,
  rewrite,
  secretsInClear,
  toSettingName,
  useStack,
} from "./testing/stack.ts";

const STORAGE = "new Storage(\n      `${name}archive`,";
const RETENTION = "evidenceAccess: config.evidenceAccess,\n      },\n      ";

await onEngine(describeLife);

/** The life of a stack, from the first preview to its end. */
function describeLife(pulumi: Pulumi): void {
  // The mode with most to rotate.
  const stack = useStack(pulumi, { credential: "secret" });
  let firstPlan: string[];
  let firstApp: string;
  let firstProgram: string;

  /** What `up` does, which `preview` has told before. */
  async function upAsPlanned(): Promise<Outcome> {
    const preview = await stack().succeed("preview");
    const up = await stack().succeed("up");
    expect(planOf(up)).toEqual(planOf(preview));
    return up;
  }

  it("plans to create everything, and makes nothing yet", async () => {
    firstPlan = planOf(await stack().succeed("preview"));
    expect(firstPlan).toContain("create web:WebApp connector-site");
    expect(firstPlan.filter((step) => !step.startsWith("create "))).toEqual([]);
    expect(stack().azure.standIn.resources()).toEqual([]);
  });

  it("keeps what was made before a create failed, and makes just the rest the next time", async () => {
    stack().azure.standIn.failOnce("create", "azure-native:keyvault:Secret");
    const first = await stack().run("up");
    expect(first.succeeded).toBe(false);
    expect(first.output).toContain("InternalServerError");
    const made = stack().azure.standIn.resources();
    expect(made.length).toBeGreaterThan(5);
    expect(made.filter((id) => id.includes("/sites/"))).toEqual([]);

    const second = await stack().succeed("up");
    const rest = planOf(second);
    expect(rest).toContain("create web:WebApp connector-site");
    expect(rest.length).toBeLessThan(firstPlan.length);
    expect([...new Set([...planOf(first), ...rest])].sort()).toEqual(firstPlan);
    expect(stack().azure.standIn.resources()).toEqual(expect.arrayContaining(made));
  });

  it("changes nothing when it is run again", async () => {
    const again = await stack().succeed("up");
    expect(new Set(again.steps.map(({ op }) => op))).toEqual(new Set(["same"]));
    expect(again.steps).toHaveLength(firstPlan.length);
  });

  it("finds everything as it left it", async () => {
    const refresh = await stack().succeed("refresh");
    expect(new Set(refresh.steps.map(({ op }) => op))).toEqual(new Set(["same"]));
    expect(refresh.steps).toHaveLength(firstPlan.length);
    expect(planOf(await stack().succeed("preview"))).toEqual([]);
  });

  it("adds the four Twitter values, and changes just the site for them", async () => {
    await stack().engine.configure({}, TWITTER_CONFIG);
    const up = await stack().succeed("up");
    const names = Object.keys(TWITTER_CONFIG).map(toSettingName);
    const secrets = names.map(
      (name) => `connector-vault-${name.toLowerCase().replaceAll("_", "-")}`,
    );
    expect(planOf(up)).toEqual(
      [
        ...secrets.map((name) => `create keyvault:Secret ${name}`),
        ...secrets.map((name) => `create authorization:RoleAssignment ${name}-role`),
        "update web:WebApp connector-site",
      ].sort(),
    );
    expect(changedSettings(up)).toEqual(names.sort());
  });

  it("rotates the password of the portal: its secret and the site's reference to it", async () => {
    await stack().engine.configure({}, { apiSecretKey: "another-password-in-clear-0123456789" });
    const up = await upAsPlanned();
    expect(planOf(up)).toEqual([
      "update keyvault:Secret connector-vault-api-secret-key",
      "update web:WebApp connector-site",
    ]);
    expect(changedSettings(up)).toEqual(["API_SECRET_KEY"]);
  });

  it("rotates the client secret, and lets go of the old one only when the site has moved", async () => {
    await stack().engine.configure({ rotateDays: "45" }, {});
    const up = await stack().succeed("up");
    const passwords = planOf(up).filter((step) => step.includes("azuread:ApplicationPassword"));
    expect(passwords.length).toBeGreaterThan(0);
    expect(planOf(up)).toEqual(
      [
        ...passwords,
        "update keyvault:Secret connector-vault-azure-app-secret",
        "update web:WebApp connector-site",
      ].sort(),
    );
    expect(changedSettings(up)).toEqual(["AZURE_APP_SECRET"]);
    const order = up.steps.map(({ op, type }) => `${op} ${type}`);
    expect(order.indexOf("update azure-native:web:WebApp")).toBeLessThan(
      order.findIndex((step) => step.startsWith("delete-replaced azuread:")),
    );
  });

  it("ships a new version: the package and one setting, the old package there until the site has moved", async () => {
    firstApp = await readFile(stack().app, "utf8");
    await appendFile(stack().app, '\nprocess.title = "another version";\n');
    const before = await stack().engine.outputs();
    const up = await upAsPlanned();
    expect(planOf(up)).toEqual([
      "replace storage:Blob connectorpackage-blob",
      "update web:WebApp connector-site",
    ]);
    expect(changedSettings(up)).toEqual(["WEBSITE_RUN_FROM_PACKAGE"]);
    expect((await stack().engine.outputs())["packageHash"]).not.toBe(before["packageHash"]);
    const order = up.steps.map(({ op, name }) => `${op} ${name}`);
    expect(order.filter((step) => /^(create|update|delete)/.test(step))).toEqual([
      "create-replacement connectorpackage-blob",
      "update connector-site",
      "delete-replaced connectorpackage-blob",
    ]);
  });

  it("goes back to the version before, though the site could not be moved at once", async () => {
    const packages = () =>
      stack()
        .azure.standIn.resources()
        .filter((id) => id.includes("/blobs/app-"));
    await writeFile(stack().app, firstApp);
    stack().azure.standIn.failOnce("update", "azure-native:web:WebApp");
    expect((await stack().run("up")).succeeded).toBe(false);
    expect(packages()).toHaveLength(2);
    const second = await stack().succeed("up");
    expect(planOf(second)).toContain("update web:WebApp connector-site");
    expect(packages()).toHaveLength(1);
    expect(planOf(await stack().succeed("preview"))).toEqual([]);
  });

  it("restores what somebody deleted in the portal", async () => {
    const queue =
      stack()
        .azure.standIn.resources()
        .find((id) => id.endsWith("/queues/poison")) ?? "";
    await stack().azure.manager.remove(queue);
    const refresh = await stack().succeed("refresh");
    // Azure deletes a role assignment together with its scope.
    const lost = [
      "authorization:RoleAssignment connectorarchive-poison-role",
      "storage:Queue connectorarchive-poison",
    ];
    expect(planOf(refresh)).toEqual(lost.map((what) => `delete ${what}`));
    const up = await stack().succeed("up");
    expect(planOf(up)).toEqual(lost.map((what) => `create ${what}`));
    expect(stack().azure.standIn.resources()).toContain(queue);
  });

  it("would make all of a component anew that is renamed without a word", async () => {
    firstProgram = await readFile(stack().program, "utf8");
    await rewrite(stack(), STORAGE, STORAGE.replace("archive", "evidence"));
    const plan = planOf(await stack().succeed("preview"));
    expect(plan).toEqual(
      expect.arrayContaining([
        "create storage:StorageAccount connectorevidence",
        "create storage:BlobContainer connectorevidence-state",
        "delete storage:StorageAccount connectorarchive",
        "delete storage:BlobContainer connectorarchive-state",
      ]),
    );
  });

  it("changes nothing for a component that is renamed with an alias", async () => {
    const made = stack().azure.standIn.resources();
    const aliases = 'aliases: [{ name: "connectorarchive" }]';
    await rewrite(stack(), `${RETENTION}parent,`, `${RETENTION}{ ...parent, ${aliases} },`);
    const up = await stack().succeed("up");
    expect(new Set(up.steps.map(({ op }) => op))).toEqual(new Set(["same"]));
    const names = up.steps.map(({ name }) => name);
    expect(names).toContain("connectorevidence-state");
    expect(names.filter((name) => name.startsWith("connectorarchive"))).toEqual([]);
    expect(stack().azure.standIn.resources()).toEqual(made);
  });

  it("moves from passwords to trust, and back, with one of them there for the site at any time", async () => {
    const orderOf = ({ steps }: Outcome) =>
      steps.map(({ op, type }) => `${op} ${type.split(":").at(-1)}`);
    await stack().engine.configure({ credential: "federated" }, {});
    const toTrust = await stack().succeed("up");
    expect(planOf(toTrust)).toEqual([
      "create azuread:ApplicationFederatedIdentityCredential connector-registration-federation",
      "delete authorization:RoleAssignment connector-vault-azure-app-secret-role",
      "delete azuread:ApplicationPassword connector-registration-password-even",
      "delete azuread:ApplicationPassword connector-registration-password-odd",
      "delete keyvault:Secret connector-vault-azure-app-secret",
      "update web:WebApp connector-site",
    ]);
    expect(changedSettings(toTrust)).toEqual(["AZURE_APP_SECRET"]);
    const there = orderOf(toTrust);
    const moved = there.indexOf("update WebApp");
    expect(there.indexOf("create ApplicationFederatedIdentityCredential")).toBeLessThan(moved);
    expect(there.indexOf("delete ApplicationPassword")).toBeGreaterThan(moved);

    await stack().engine.configure({ credential: "secret" }, {});
    const back = orderOf(await stack().succeed("up"));
    const movedBack = back.indexOf("update WebApp");
    expect(back.lastIndexOf("create ApplicationPassword")).toBeLessThan(movedBack);
    const trust = back.indexOf("delete ApplicationFederatedIdentityCredential");
    expect(trust).toBeGreaterThan(movedBack);
    expect(planOf(await stack().succeed("up"))).toEqual([]);
  });

  it("shows no secret in anything that it keeps or prints", async () => {
    const secrets = [...stack().azure.standIn.secrets];
    expect(secrets).toEqual(
      expect.arrayContaining([
        ...Object.values(TWITTER_CONFIG),
        "another-password-in-clear-0123456789",
      ]),
    );
    // The generated ones: two client secrets, the first password of the portal, a sealing key.
    expect(secrets.length).toBeGreaterThan(Object.keys(TWITTER_CONFIG).length + 4);
    const outputs = await stack().engine.outputs();
    expect(outputs["apiSecretKey"]).toBe("[secret]");
    expect(outputs["packageHash"]).toMatch(/^[0-9a-f]{64}$/);
    expect(await secretsInClear(stack())).toEqual([]);
  });

  it("goes without a trace, and comes back", async () => {
    const destroy = await stack().succeed("destroy");
    expect(planOf(destroy).filter((step) => !step.startsWith("delete "))).toEqual([]);
    expect(stack().azure.standIn.resources()).toEqual([]);
    await writeFile(stack().program, firstProgram);
    stack().host.forget();
    const again = await stack().succeed("up");
    expect(planOf(again)).toEqual(expect.arrayContaining(firstPlan));
  });
}
