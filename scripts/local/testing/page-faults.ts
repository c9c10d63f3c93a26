import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { z } from "zod";

/**
 * What is wrong with a page as it stands: structure, labels, contrast in light and dark, visible
 * focus, and whether it can be read on a phone. Empty when all is well.
 */
export async function findFaults(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [PHONE_PX, DESKTOP_PX]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      const found = faultsSchema.parse(await page.evaluate(PAGE_AUDIT));
      faults.push(...found.map((fault) => `${colorScheme}, ${width} px: ${fault}`));
    }
  }
  return [...faults, ...(await findFocusFaults(page))];
}

/** WCAG 1.4.10: no sideways scrolling at this width. */
const PHONE_PX = 320;
const DESKTOP_PX = 1280;
/** More than any page has of what can be focused. */
const TABS = 30;

const PAGE_AUDIT = readScript("page-audit.js");
const FOCUS_AUDIT = readScript("focus-audit.js");

const faultsSchema = z.array(z.string());
const focusSchema = z
  .object({ index: z.number(), name: z.string(), isVisible: z.boolean() })
  .nullable();

/** Walks the page by Tab, from its beginning, once around. */
async function findFocusFaults(page: Page): Promise<string[]> {
  const faults: string[] = [];
  const seen = new Set<number>();
  for (let press = 0; press < TABS; press += 1) {
    await page.keyboard.press("Tab");
    const focus = focusSchema.parse(await page.evaluate(FOCUS_AUDIT));
    if (focus !== null && !seen.has(focus.index)) {
      seen.add(focus.index);
      faults.push(...(focus.isVisible ? [] : [`the focus on ${focus.name} cannot be seen`]));
    } else if (seen.size > 0) {
      break;
    }
  }
  return faults;
}

/** As text: what runs in the page is no part of the program, and has other types. */
function readScript(name: string): string {
  return readFileSync(join(import.meta.dirname, name), "utf8");
}
