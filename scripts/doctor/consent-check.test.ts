import { expect, it } from "vitest";
import { type Finding, runChecks } from "../checks/check.ts";
import { type Answer, createScriptedRun } from "../stack/testing/scripted-run.ts";
import { createAz } from "./az.ts";
import { consentCheck } from "./consent-check.ts";

const TENANT = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
const PRINCIPAL =
  "rest --method get --url https://graph.microsoft.com/v1.0/servicePrincipals(appId='570d0bec-d001-4c4e-985e-3ab17fdc3073')";
const LINK = `https://login.microsoftonline.com/${TENANT}/adminconsent?client_id=570d0bec-d001-4c4e-985e-3ab17fdc3073`;

it.each<[what: string, answer: Answer, result: Finding["result"], remedy: string]>([
  ["given", { json: { accountEnabled: true } }, "ok", ""],
  ["still to be given", { fails: "ERROR: Not Found({...})" }, "warning", LINK],
  ["of no use", { json: { accountEnabled: false } }, "warning", "Enterprise applications"],
  ["not to be seen", { fails: "ERROR: Forbidden({...})" }, "not checked", ""],
])("consent is %s", async (_what, answer, result, remedy) => {
  const found = await check({ [PRINCIPAL]: answer });
  expect(found?.result).toBe(result);
  expect(found?.remedy ?? "").toContain(remedy);
});

it("another tenant is not asked for the consent of this one", async () => {
  const found = await check({ "account show": account("another") });
  expect(found).toMatchObject({
    result: "not checked",
    remedy: expect.stringContaining(TENANT) as unknown,
  });
});

async function check(answers: Record<string, Answer>): Promise<Finding | undefined> {
  const az = createAz(createScriptedRun({ "account show": account(TENANT), ...answers }));
  const silent = { begin: () => undefined, end: () => undefined };
  return (await runChecks([consentCheck(az, TENANT)], silent))[0];
}

function account(tenantId: string): Answer {
  return { json: { id: "s", tenantId, user: { name: "a@b.c", type: "user" } } };
}
