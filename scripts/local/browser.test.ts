import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type LocalSystem, startLocalSystem } from "./system.ts";
import { launchChromium } from "./testing/chromium.ts";
import { findFaults } from "./testing/page-faults.ts";
import { startPortalPage } from "./testing/portal-page.ts";
import { SILENT } from "./testing/silent-progress.ts";

/** Of the generated timeline, each with posts. */
const WINDOWS = [
  { start: "2026-02-28T00:00:00Z", end: "2026-02-28T06:00:00Z" },
  { start: "2026-02-28T06:00:00Z", end: "2026-02-28T12:00:00Z" },
];

/** A page that does not come within this time does not come. */
const STEP_LIMIT_MS = 10_000;

let system: LocalSystem;
let browser: Browser;

beforeAll(async () => {
  [system, browser] = await Promise.all([
    startLocalSystem({ history: false, progress: SILENT }),
    launchChromium(),
  ]);
});

afterAll(async () => {
  await browser.close();
  await system.close();
  await rm(dirname(system.mailboxFolder), { recursive: true, force: true });
});

describe("The sign-in", { timeout: 60_000 }, () => {
  test("leads from the portal's pop-up window through X to a job, and closes the window", async () => {
    const { context, complaints } = await openContext();
    const portal = await startPortalPage(startAddress());
    onTestFinished(() => portal.close());
    const portalPage = await context.newPage();
    await portalPage.goto(portal.url);

    const first = await openPopUp(portalPage);
    await showPassword(first);
    await cancelAtX(first);
    await first.close();
    const second = await openPopUp(portalPage);
    await authorizeAtX(second);
    await confirmAccount(second);
    await Promise.all([
      second.waitForEvent("close"),
      second.getByRole("button", { name: "Continue" }).click(),
    ]);
    await expect.poll(() => portalPage.title()).toBe("closed");
    expect(complaints).toEqual([]);
  });

  test("works without script, and again for the same job", async () => {
    const { context, complaints } = await openContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(startAddress());
    await showPassword(page);
    await expectGoodPage(page, `This job archives @${system.x.account.username}`);
    await cancelAtX(page);
    await page.goto(startAddress());
    await authorizeAtX(page);
    await confirmAccount(page);
    // A button that does nothing would be worse than none; the one there is works without script.
    expect(await page.getByRole("button").allInnerTexts()).toEqual(["Sign out"]);
    await page.getByRole("button", { name: "Sign out" }).click();
    await expectGoodPage(page, "to see its accounts and windows");
    expect(complaints).toEqual([]);
  });

  test("says what is wrong with an address of another organization", async () => {
    const { context, complaints } = await openContext();
    const page = await context.newPage();
    await page.goto(startAddress({ tenantId: "6babcaad-604b-40ac-a9d7-9fd97c0b779f" }));
    await expectGoodPage(page, "another Microsoft 365 organization");
    expect(complaints).toEqual([]);
  });
});

describe("The status page", { timeout: 60_000 }, () => {
  test("shows everyone the state, and an administrator the jobs and what they cover", async () => {
    system.portal.consent();
    for (const window of WINDOWS) {
      system.x.setNow(new Date(Date.parse(window.end) + 60_000));
      await system.portal.requestWindow(window);
    }
    const { context, complaints } = await openContext();
    const page = await context.newPage();
    await page.goto(system.outputs.statusUrl);
    await expectGoodPage(page, "The connector is running and ready.");
    expect(await page.content()).not.toContain(system.x.account.username);
    await enterPassword(page, "wrong");
    await expectGoodPage(page, "That is not the APISecretKey of this connector.");
    await enterPassword(page, system.outputs.apiSecretKey);
    await expectGoodPage(page, `@${system.x.account.username}`);
    await expectGoodPage(page, "2026-02-28 00:00 to 2026-02-28 12:00");
    expect(await page.getByRole("row").filter({ hasText: "delivered" }).count()).toBe(2);
    expect(complaints).toEqual([]);
  });
});

function startAddress({ tenantId = system.outputs.tenantId } = {}): string {
  const query = new URLSearchParams({ jobId: system.portal.jobId, tenantId });
  return `${system.outputs.connectorUrl}/preview/OnJobCreating?${query.toString()}`;
}

/** A browser of its own, and what its console complains of: errors, and blocked content with them. */
async function openContext(options: BrowserContextOptions = {}) {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  context.setDefaultTimeout(STEP_LIMIT_MS);
  const complaints: string[] = [];
  context.on("console", (message) => {
    // The console names every page that came with a status above 399: here those are meant.
    if (message.type() === "error" && !/Failed to load resource.*\b40[03]\b/.test(message.text())) {
      complaints.push(message.text());
    }
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  context.on("requestfailed", (request) => complaints.push(`${request.url()} failed`));
  return { context, complaints };
}

async function openPopUp(portalPage: Page): Promise<Page> {
  const opened = portalPage.waitForEvent("popup");
  await portalPage.getByRole("button").click();
  return opened;
}

async function expectGoodPage(page: Page, words: string): Promise<void> {
  await expect
    .poll(() => page.locator("main").innerText(), { timeout: STEP_LIMIT_MS })
    .toContain(words);
  expect(await findFaults(page), page.url()).toEqual([]);
}

async function enterPassword(page: Page, password: string): Promise<void> {
  await page.getByLabel("APISecretKey").fill(password);
  await page.getByRole("button").click();
}

async function showPassword(page: Page): Promise<void> {
  await expectGoodPage(page, "APISecretKey");
  await enterPassword(page, "wrong");
  await expectGoodPage(page, "That is not the APISecretKey of this connector.");
  await enterPassword(page, system.outputs.apiSecretKey);
  await expectGoodPage(page, "Login with Twitter");
}

/** Goes on at X under another name, so that X is another site to the browser, as it really is. */
async function goToX(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Login with Twitter" }).click();
  await page.waitForURL(({ origin }) => origin === system.x.url);
  await page.goto(page.url().replace("//127.0.0.1:", "//localhost:"));
  await expectGoodPage(page, "Authorize");
}

async function cancelAtX(page: Page): Promise<void> {
  await goToX(page);
  await page.getByRole("button", { name: "Cancel" }).click();
  await expectGoodPage(page, "The sign-in was cancelled at X.");
}

async function authorizeAtX(page: Page): Promise<void> {
  await goToX(page);
  await page.getByRole("button", { name: "Authorize app" }).click();
}

async function confirmAccount(page: Page): Promise<void> {
  const { name, username } = system.x.account;
  await expectGoodPage(page, name);
  await page.getByAltText(`Profile picture of @${username}`).waitFor();
  await expect.poll(() => page.evaluate("document.images[0].naturalWidth")).toBeGreaterThan(0);
  await page.getByRole("button", { name: `Archive @${username}` }).click();
  await expectGoodPage(page, "Twitter Connector Job Successfully set up.");
}
