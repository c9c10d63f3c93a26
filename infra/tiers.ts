/** What an App Service plan of a tier can do on Linux (learn.microsoft.com/azure/app-service/overview-hosting-plans). */
export type Tier = {
  name: "Basic" | "Standard" | "PremiumV2" | "PremiumV3" | "PremiumV4";
  maxInstances: number;
  /** Rule-based scaling, for one on the length of the work queue. */
  canAutoscale: boolean;
  /** TLS between App Service's front end and the worker, too. */
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
 * The tier of a plan size, or undefined where there is none that the connector can run on: the free
 * and shared sizes put a site to sleep, and a worker that sleeps archives nothing.
 */
export function tierOf(sku: string): Tier | undefined {
  return TIERS.find(([pattern]) => pattern.test(sku))?.[1];
}
