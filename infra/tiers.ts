/** Features of an App Service tier on Linux (learn.microsoft.com/azure/app-service/overview-hosting-plans). */
export type Tier = {
  name: "Basic" | "Standard" | "PremiumV2" | "PremiumV3" | "PremiumV4";
  maxInstances: number;
  /** Rule-based scaling, here by the length of the work queue. */
  canAutoscale: boolean;
  /** TLS also between App Service's front end and the site. */
  hasEndToEndEncryption: boolean;
  hasZones: boolean;
};

const STANDARD = { canAutoscale: true, hasEndToEndEncryption: true, hasZones: false };
const PREMIUM = { ...STANDARD, hasZones: true, maxInstances: 30 };

const TIERS: [RegExp, Tier][] = [
  [
    /^B[1-3]$/,
    {
      name: "Basic",
      maxInstances: 3,
      canAutoscale: false,
      hasEndToEndEncryption: false,
      hasZones: false,
    },
  ],
  [/^S[1-3]$/, { ...STANDARD, name: "Standard", maxInstances: 10 }],
  [/^P[1-3]v2$/i, { ...PREMIUM, name: "PremiumV2" }],
  [/^P(?:[0-3]|[1-5]m)v3$/i, { ...PREMIUM, name: "PremiumV3" }],
  [/^P(?:[0-3]|[1-5]m)v4$/i, { ...PREMIUM, name: "PremiumV4" }],
];

/**
 * The tier of a plan size; undefined if the connector cannot run on it: free and shared sizes unload an
 * idle site, and its worker would stop.
 */
export function tierOf(sku: string): Tier | undefined {
  return TIERS.find(([pattern]) => pattern.test(sku))?.[1];
}
