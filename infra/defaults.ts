/**
 * Evidence survives a region in production. What is tried out need not, but lies in zones too: Azure
 * adds a region in place and zones only by a conversion, so that this stack can become production.
 */
export const DEFAULT_REPLICATION = {
  development: "Standard_ZRS",
  production: "Standard_GZRS",
} as const;

/**
 * Gigabytes of logs a day. A cap is against a flood, not for saving: beyond it nobody is told of
 * anything. Ten times what 200,000 media a day are estimated to make: a kilobyte for each request to the archive.
 */
export const DAILY_LOG_QUOTA_GB = { development: 1, production: 5 } as const;

/** The same for the log of requests, half a million of them; beyond it only that log is cut. */
export const DAILY_ACCESS_LOG_QUOTA_GB = 0.5;
