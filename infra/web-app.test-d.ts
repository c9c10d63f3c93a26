import type { AppSettings } from "./web-app.ts";

/**
 * The typed seam, checked by `npm run check`: each line marked with @ts-expect-error must not
 * compile, and the check fails when one does.
 */
declare const complete: AppSettings;
const { TENANT_ID: _, ...incomplete } = complete;

export const wired: AppSettings = { ...complete };
// @ts-expect-error a setting that the app reads is not wired
export const missing: AppSettings = { ...incomplete };
// @ts-expect-error a setting is wired that the app does not read
export const superfluous: AppSettings = { ...complete, NOBODY_READS_THIS: "value" };
