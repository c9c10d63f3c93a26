import { describe, expect, it } from "vitest";
import { type Finding, NotCheckedError, runChecks } from "../checks/check.ts";
import type { StackResource } from "../stack/pulumi.ts";
import { type Answer, createScriptedRun } from "../stack/testing/scripted-run.ts";
import { createAz } from "./az.ts";
import { azureChecks } from "./azure-checks.ts";

const GROUP = "/subscriptions/s/resourceGroups/connector";
const SITE = `${GROUP}/providers/Microsoft.Web/sites/connector1`;
const ROLE = `${GROUP}/providers/Microsoft.Authorization/roleAssignments`;
const GET = "rest --method get --url";
const REFERENCES = `${GET} ${SITE}/config/configreferences/appsettings?api-version=2022-03-01`;

const REFRESH = `rest --method post --url ${SITE}/config/configreferences/appsettings/refresh?api-version=2022-03-01`;
const DENIED = references({ API_SECRET_KEY: "Resolved", SEALING_KEYS: "AccessToKeyVaultDenied" });
const RESOURCES: StackResource[] = [
  { type: "pulumi:pulumi:Stack", urn: "u0" },
  { type: "azure-native:web:WebAppFtpAllowed", urn: "u1", id: `${SITE}/ftp` },
  { type: "azure-native:web:WebApp", urn: "u2", id: SITE },
  { type: "azure-native:authorization:RoleAssignment", urn: "u3", id: `${ROLE}/one` },
  { type: "azure-native:authorization:RoleAssignment", urn: "u4", id: `${ROLE}/two` },
];
const WELL = {
  [REFERENCES]: references({ API_SECRET_KEY: "Resolved", SEALING_KEYS: "Resolved" }),
  [`${GET} ${ROLE}/one`]: { json: { id: "one" } },
  [`${GET} ${ROLE}/two`]: { json: { id: "two" } },
};

describe("Autoscale", () => {
  const SETTING = `${GROUP}/providers/Microsoft.Insights/autoscalesettings/one`;
  const METRIC = `${GET} ${SETTING}/providers/Microsoft.Insights/metrics?metricnames=ObservedMetricValue&aggregation=Average&interval=PT5M&api-version=2024-02-01`;
  const observing = (...values: (number | undefined)[]) => ({
    json: {
      value: [
        {
          timeseries: [
            { data: values.map((average) => ({ ...(average !== undefined && { average }) })) },
          ],
        },
      ],
    },
  });
  const check = async (answer: Answer) => {
    const type = "azure-native:monitor:AutoscaleSetting";
    const scripted = createScriptedRun({ [METRIC]: answer });
    const resources = async () => [...RESOURCES, { type, urn: "u9", id: SETTING }];
    const checks = azureChecks({ az: createAz(scripted), resources, mend: false });
    return runChecks(
      checks.filter(({ what }) => what === "Autoscale"),
      { begin: () => undefined, end: () => undefined },
    );
  };

  it("is well where it sees the queue's length", async () => {
    expect(await check(observing(undefined, 3))).toMatchObject([
      { result: "ok", detail: "sees a work queue of 3 messages" },
    ]);
  });

  it("is blind where it has observed nothing", async () => {
    expect(await check(observing(undefined, undefined))).toMatchObject([
      { result: "failed", detail: expect.stringContaining("observed nothing") as unknown },
    ]);
  });
});

describe("Key Vault references", () => {
  it("are well when Azure has resolved each", async () => {
    expect(await found("Key Vault references")).toEqual({
      what: "Key Vault references",
      result: "ok",
      detail: "all 2 are resolved",
    });
  });

  it("are named by their setting when they are not", async () => {
    expect(await found("Key Vault references", { [REFERENCES]: DENIED })).toMatchObject({
      result: "failed",
      detail: "SEALING_KEYS: AccessToKeyVaultDenied",
      remedy: expect.stringMatching(/npm run doctor -- --mend.*\naz rest --method post/) as unknown,
    });
  });

  it("are refreshed where they are to be mended, and asked for again until they are well", async () => {
    const asked: string[] = [];
    const answers = [DENIED, DENIED, WELL[REFERENCES]];
    const finding = await mendReferences(asked, () => answers.shift());
    expect(finding).toEqual({
      what: "Key Vault references",
      result: "ok",
      detail: "all 2 are resolved, after a refresh",
    });
    expect(asked).toEqual([REFERENCES, REFRESH, REFERENCES, REFERENCES]);
  });

  it("are not refreshed while they are well", async () => {
    const asked: string[] = [];
    expect((await mendReferences(asked, () => WELL[REFERENCES]))?.result).toBe("ok");
    expect(asked).toEqual([REFERENCES]);
  });

  it("that no refresh mends are told as before, with what is left to do", async () => {
    const asked: string[] = [];
    expect(await mendReferences(asked, () => DENIED)).toMatchObject({
      result: "failed",
      detail: "SEALING_KEYS: AccessToKeyVaultDenied",
      remedy: expect.stringMatching(/npm run up/) as unknown,
    });
    expect(asked.filter((each) => each === REFRESH)).toHaveLength(1);
  });

  it.each<[what: string, answer: Answer, result: Finding["result"]]>([
    ["the site has none at all", references({}), "failed"],
    ["the site is gone", { fails: "ERROR: Not Found({...})" }, "failed"],
    ["nobody may ask", { fails: "ERROR: Forbidden({...})" }, "not checked"],
  ])("are %s: %o is %s", async (_what, answer, result) => {
    expect((await found("Key Vault references", { [REFERENCES]: answer }))?.result).toBe(result);
  });
});

describe("Roles", () => {
  it("are well when every assignment that the stack made is there", async () => {
    expect(await found("Roles")).toMatchObject({
      result: "ok",
      detail: "all 2 assignments exist",
    });
  });

  it("are named when somebody has taken one away", async () => {
    const gone = { [`${GET} ${ROLE}/two`]: { fails: "ERROR: Not Found(RoleAssignmentNotFound)" } };
    expect(await found("Roles", gone)).toMatchObject({
      result: "failed",
      detail: `missing in Azure:\n${ROLE}/two`,
    });
  });
});

describe("without a stack to ask", () => {
  it("nothing is checked, and nothing has failed", async () => {
    const resources = async () => {
      throw new NotCheckedError("no stack");
    };
    const findings = await run({}, resources);
    expect(findings.map(({ result }) => result)).toEqual([
      "not checked",
      "not checked",
      "not checked",
    ]);
  });
});

async function found(name: string, az: Record<string, Answer> = {}): Promise<Finding | undefined> {
  return (await run(az, async () => RESOURCES)).find(({ what }) => what === name);
}

function run(az: Record<string, Answer>, resources: () => Promise<StackResource[]>) {
  const deps = { az: createAz(createScriptedRun({ ...WELL, ...az })), resources, mend: false };
  return runChecks(azureChecks(deps), { begin: () => undefined, end: () => undefined });
}

/** `answer`: what Azure says to each question about the references, in turn. */
async function mendReferences(
  asked: string[],
  answer: () => Answer | undefined,
): Promise<Finding | undefined> {
  const az = createAz(async (args) => {
    const command = args.join(" ").replace(" --output json --only-show-errors", "");
    asked.push(command);
    const said = (command === REFERENCES ? answer() : undefined) ?? { text: "" };
    return createScriptedRun({ [command]: said })(args);
  });
  const deps = { az, resources: async () => RESOURCES, mend: true, wait: async () => undefined };
  const silent = { begin: () => undefined, end: () => undefined };
  return (await runChecks(azureChecks(deps).slice(0, 1), silent))[0];
}

/** Ids end with the setting's name; a name is not always with them. */
function references(statuses: Record<string, string>): Answer {
  const value = Object.entries(statuses).map(([setting, status]) => ({
    id: `${SITE}/config/configreferences/appsettings/${setting}`,
    properties: { status, vaultName: "v", secretName: "s" },
  }));
  return { json: { value } };
}
