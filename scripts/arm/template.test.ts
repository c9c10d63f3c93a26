import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { buildOnce, MODES } from "../../infra/testing/modes.ts";
import { PROJECT } from "../stack/pulumi.ts";
import { KINDS, kindOf } from "./kinds.ts";
import { type Recorded, recordProgram } from "./record-program.ts";
import { unknownMembers } from "./testing/unknown-members.ts";
import { type ArmResource, toArm, toTemplate } from "./to-template.ts";

const SUBSCRIPTION = "33333333-0000-4000-8000-000000000001";
const TENANT = "11111111-1111-4111-8111-111111111111";
/** By the data plane, by Entra or by nobody: not by the resource manager. */
const NOT_ARM =
  /^azure-native:storage:Blob$|^azure-native:resources:ResourceGroup$|^(?!azure-native:)/;

const recordings = new Map<string, Promise<Recorded[]>>();
function record(config: Record<string, string>): Promise<Recorded[]> {
  const key = JSON.stringify(config);
  const known = recordings.get(key) ?? recordAnew(config);
  recordings.set(key, known);
  return known;
}

async function recordAnew(config: Record<string, string>): Promise<Recorded[]> {
  await Promise.all(recordings.values());
  const own = Object.entries(config).map(
    ([key, value]) =>
      [`${PROJECT}:${key}`, { value, secret: /^twitter|Secret$/.test(key) }] as const,
  );
  const location = { value: "westeurope", secret: false };
  const all = { "azure-native:location": location, ...Object.fromEntries(own) };
  return recordProgram(
    {
      name: "test",
      config: all,
      subscriptionId: SUBSCRIPTION,
      tenantId: TENANT,
    },
    buildOnce,
  );
}

describe.each(Object.entries(MODES))("the program as an ARM template, %s", (_mode, config) => {
  it("has everything that the resource manager makes, in Azure's own types", async () => {
    const recorded = await record(config);
    const { resources } = toTemplate(recorded, SUBSCRIPTION);
    expect(resources).toHaveLength(recorded.filter(({ token }) => !NOT_ARM.test(token)).length);
    expect(resources.flatMap(unknownMembers)).toEqual([]);
  });

  it("loses nothing of the inputs", async () => {
    const recorded = (await record(config)).filter(({ token }) => kindOf(token));
    for (const one of recorded) {
      const written = JSON.stringify([toArm(one, ""), one.id]);
      const lost = leavesOf(one.inputs).filter((leaf) => !written.includes(leaf));
      // Added by the SDK to the subnet that an endpoint lies in, which is named by its id.
      expect(
        lost.filter((leaf) => !/^(?:Disabled|Enabled)$/.test(leaf)),
        one.id,
      ).toEqual([]);
    }
  });

  it("names as many steps as the type has, and what it depends on, without a circle", async () => {
    const { resources } = toTemplate(await record(config), SUBSCRIPTION);
    const done = new Set<string>();
    let waiting = resources.map((one) => ({ ...one, id: idOf(one) }));
    for (let rounds = 0; waiting.length > 0 && rounds < 20; rounds += 1) {
      const ready = waiting.filter(({ dependsOn }) => dependsOn.every((id) => done.has(id)));
      ready.forEach(({ id }) => done.add(id));
      waiting = waiting.filter(({ id }) => !done.has(id));
    }
    expect(waiting.map(({ id, dependsOn }) => [id, dependsOn])).toEqual([]);
    for (const { type, name } of resources) {
      expect(name.split("/")).toHaveLength(type.split("/").length - 1);
    }
  });

  it("holds no secret, and no place of the recording", async () => {
    const text = JSON.stringify(toTemplate(await record(config), SUBSCRIPTION));
    expect(text).not.toMatch(/in-clear/);
    expect(text).not.toContain(SUBSCRIPTION);
  });
});

describe("a member or a value that is misspelt", () => {
  const account = async () => {
    const recorded = await record(MODES["first up"]);
    const found = recorded.find(({ token }) => token.endsWith(":StorageAccount"));
    return { ...(found ?? { token: "", logicalName: "", id: "" }), inputs: { ...found?.inputs } };
  };

  it.each<[inputs: Record<string, unknown>, found: string]>([
    [{ accessTier: "hot" }, 'properties.accessTier: "hot" is no'],
    [{ minimumTlsVersions: "TLS1_2" }, "properties.minimumTlsVersions: there is no such member"],
    [{ networkRuleSets: {} }, "properties.networkRuleSets: there is no such member"],
    [{ allowBlobPublicAccess: "false" }, 'properties.allowBlobPublicAccess: "false" is no boolean'],
    [{ sku: { names: "Standard_LRS" } }, "sku.names: there is no such member"],
    [{ encryption: { services: { blobs: {} } } }, "services.blobs: there is no such member"],
  ])("is found: %j", async (inputs, found) => {
    const one = await account();
    const [line = ""] = unknownMembers(toArm({ ...one, inputs: { ...one.inputs, ...inputs } }, ""));
    expect(line).toContain(found);
  });
});

it.each(Object.entries(KINDS))("%s is spoken of in the API version of the SDK", (key, { api }) => {
  const [module = "", name = ""] = key.split(":");
  const file = `${name.charAt(0).toLowerCase()}${name.slice(1)}.d.ts`;
  const path = new URL(
    `../../node_modules/@pulumi/azure-native/${module}/${file}`,
    import.meta.url,
  );
  expect(/Uses Azure REST API version ([\w-]+)\./.exec(readFileSync(path, "utf8"))?.[1]).toBe(api);
});

function leavesOf(value: unknown): string[] {
  if (typeof value === "object" && value !== null) {
    return Object.values(value).flatMap(leavesOf);
  }
  const text = JSON.stringify(value) ?? "";
  return text === "" ? [] : [typeof value === "string" ? text.slice(1, -1) : text];
}

/** As `dependsOn` writes it. */
function idOf({ type, name, scope }: ArmResource): string {
  const [provider = "", ...types] = type.split("/");
  const steps = name.split("/");
  const path = types.map((step, nth) => `${step}/${steps[nth]}`).join("/");
  const within = `/providers/${provider}/${path}`;
  return scope === undefined
    ? `[concat(resourceGroup().id, '${within}')]`
    : scope.replace(/'\)\]$/, `${within}')]`);
}
