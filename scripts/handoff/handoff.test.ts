import { pathToFileURL } from "node:url";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../local/testing/chromium.ts";
import { findFaults } from "../local/testing/page-faults.ts";
import { TEST_OUTPUTS } from "../stack/testing/test-outputs.ts";
import { stepsToHtml, stepsToMarkdown } from "./sheet.ts";
import { administratorSteps, deployerSteps } from "./steps.ts";
import { stepsToText } from "./text.ts";

const STEPS = administratorSteps(TEST_OUTPUTS);
const { connectorUrl, azureAppId, apiSecretKey } = TEST_OUTPUTS;

describe("the steps", () => {
  it("have the compliance portal's own labels, in its own order", () => {
    expect(STEPS.map(({ fields }) => fields.map(({ label }) => label))).toEqual([
      ["Name", "Connector URL", "Password", "Azure App ID"],
      [],
      ["Application ID", "Link to the consent"],
      ["Status page"],
    ]);
    expect(STEPS[0]?.fields.map(({ value }) => value)).toEqual([
      "Twitter (production)",
      connectorUrl,
      apiSecretKey,
      azureAppId,
    ]);
    expect(STEPS[2]?.fields[0]?.value).toBe("570d0bec-d001-4c4e-985e-3ab17fdc3073");
    expect(STEPS[2]?.fields[1]?.value).toBe(
      `https://login.microsoftonline.com/${TEST_OUTPUTS.tenantId}/adminconsent?client_id=570d0bec-d001-4c4e-985e-3ab17fdc3073`,
    );
  });

  it("begin at X, with the exact callback URL and a permission to read", () => {
    expect(deployerSteps(TEST_OUTPUTS)[0]?.fields).toEqual([
      { label: "App permissions", value: "Read only" },
      { label: "Type of App", value: "Web App" },
      { label: "Callback URI / Redirect URL", value: `${connectorUrl}/Views/TwitterOAuth` },
      { label: "Website URL", value: `${connectorUrl}/` },
    ]);
  });

  it("begin at a registration that is not the stack's, where it has to trust the site", () => {
    const federatedCredential = { issuer: "https://i", subject: "s-1", audience: "api://a" };
    const [first, second] = deployerSteps({ ...TEST_OUTPUTS, federatedCredential });
    expect(first?.fields.map(({ value }) => value)).toEqual([
      azureAppId,
      "https://i",
      "s-1",
      "connector",
      "api://a",
    ]);
    expect(second?.title).toMatch(/^In X/);
  });

  it("are numbered on a terminal, and hide the password until it is asked for", () => {
    const hidden = stepsToText(STEPS, { showSecrets: false });
    expect(hidden).toMatch(/^1\. Add the connector\n[^]*^4\. Check that it works\n/m);
    expect(hidden).toMatch(/^ +Password +\(shown by npm run handoff -- --show-secrets\)$/m);
    expect(hidden).not.toContain(apiSecretKey);
    expect(stepsToText(STEPS, { showSecrets: true })).toContain(apiSecretKey);
  });
});

describe("the sheet", () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    [browser, folder] = await Promise.all([
      launchChromium(),
      mkdtemp(join(tmpdir(), "handoff-test-")),
    ]);
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("can be read by everybody: on a phone, in the dark, by a screen reader", async () => {
    const file = join(folder, "sheet.html");
    await writeFile(file, await stepsToHtml(STEPS));
    const page = await browser.newPage();
    await page.goto(pathToFileURL(file).href);
    expect(await page.title()).toBe("Set up the Twitter connector · Twitter connector");
    expect(await page.getByRole("heading", { level: 2 }).allInnerTexts()).toEqual(
      STEPS.map(({ title }, index) => `${index + 1}. ${title}`),
    );
    expect(await page.getByRole("definition").allInnerTexts()).toContain(azureAppId);
    expect(await findFaults(page)).toEqual([]);
  });

  it("has no password and no script in it, in either form", async () => {
    const sheets = [await stepsToHtml(STEPS), stepsToMarkdown(STEPS)];
    for (const sheet of sheets) {
      expect(sheet).toContain("ask whoever deployed the connector");
      expect(sheet).not.toContain(apiSecretKey);
      expect(sheet).not.toContain("<script");
    }
  });

  it("shows a stack's name as it is, whatever is in it", async () => {
    const portal = { ...TEST_OUTPUTS.portal, Name: "Twitter (<b>&)" };
    const page = await stepsToHtml(administratorSteps({ ...TEST_OUTPUTS, portal }));
    expect(page).toContain("<code>Twitter (&lt;b&gt;&amp;)</code>");
  });

  it("is a table in Markdown", () => {
    expect(stepsToMarkdown(STEPS)).toContain(
      "| Field | Value |\n| --- | --- |\n| Name | `Twitter (production)` |\n",
    );
  });
});
