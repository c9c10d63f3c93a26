/**
 * In production, evidence survives the loss of a region. Development needs no second region, but does
 * have zones: Azure adds a region in place, and zones only by a conversion, and a development stack can
 * become production.
 */
export const DEFAULT_REPLICATION = {
  development: "Standard_ZRS",
  production: "Standard_GZRS",
} as const;

/**
 * Gigabytes of logs a day. The cap protects against a flood; it is not meant to save money, because
 * above it no log alert can fire. Ten times the estimate for 200,000 media a day, at one kilobyte of log
 * for each request to the archive.
 */
export const DAILY_LOG_QUOTA_GB = { development: 1, production: 5 } as const;

/** The same for the access log: half a million requests. Above it, only that log is cut off. */
export const DAILY_ACCESS_LOG_QUOTA_GB = 0.5;
