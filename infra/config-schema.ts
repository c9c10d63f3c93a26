import { z } from "zod";
import { existingSchema } from "./existing.ts";
import { CONTAINER_ID } from "./package/external-package.ts";
import { tierOf } from "./tiers.ts";

const days = z.coerce.number().int().positive();
/** `pulumi config set` stores true and false as text. */
const flag = z
  .union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")])
  .default(false);
/** Passed on to the app unchanged. */
const wholeNumber = z.string().regex(/^\d{1,9}$/, "must be a whole number of nine digits at most");
const budget = wholeNumber.regex(/[1-9]/, "must be 1 or more");
/** Plain http only for the local system. */
const publicUrl = z
  .url({ error: "must be an address, https://…", abort: true })
  .regex(
    /^https:|^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?::|\/|$)/,
    "must begin with https://",
  )
  .transform(withoutTrailingSlash);
const httpsUrl = z
  .url({ protocol: /^https$/, error: "must be an address that begins with https://" })
  .transform(withoutTrailingSlash);
const hostNames = z
  .string()
  .regex(/^[\w.-]+(?:,\s*[\w.-]+)*$/, "must be host names, comma-separated");

/** `pulumi config set` stores text that looks like a number or boolean as one. */
const tagValue = z
  .union([z.string(), z.number(), z.boolean()], { error: "must be a text" })
  .transform(String)
  .refine((text) => text.length <= 256, { error: "must have 256 characters at most" });
const OWN_TAGS = ["project", "stack", "environment"];

/** Values that may be shown. Secrets are read separately and stay Pulumi secrets. */
export const plainSchema = z.object({
  tenantId: z.guid().optional(),
  environment: z.enum(["development", "production"]).default("development"),

  tags: z
    .record(z.string().min(1).max(128), tagValue)
    .refine((tags) => OWN_TAGS.every((name) => !(name in tags)), {
      error: `${OWN_TAGS.join(", ")} are set by the program`,
    })
    .default({}),

  azureAppId: z.guid().optional(),
  azureAppSecretEndDate: z.iso.date("must be a day, 2027-06-30").optional(),
  credential: z.enum(["federated", "secret"]).optional(),
  roleSettlingSeconds: z.coerce.number().int().min(0).max(1800).default(180),
  // Key Vault warns 30 days before an expiry; by then the password must have been replaced.
  rotateDays: days.min(30).max(360).default(90),
  // A Key Vault secret holds 25 KB: about two hundred keys.
  sealingKeyGeneration: z.coerce.number().int().min(1).max(100).default(1),

  sku: z
    .string()
    .default("B1")
    .refine((sku) => tierOf(sku) !== undefined, {
      error:
        "must be an App Service size that keeps the worker running: B1 to B3, S1 to S3, P0v3, P1v3, ... " +
        "(free and shared sizes unload it)",
    }),
  instances: z.coerce.number().int().min(1).max(30).default(1),
  maxInstances: z.coerce.number().int().min(1).max(30).optional(),
  zoneRedundant: flag,

  network: z.enum(["public", "private-backend"]).default("public"),
  networkRange: z
    .cidrv4({ error: "must be a /24, 10.77.0.0/24", abort: true })
    .regex(/\.0\/24$/, "must be a /24, 10.77.0.0/24")
    .optional(),
  existing: existingSchema.default({}),
  allowedIpRanges: z
    .array(z.union([z.cidrv4(), z.cidrv6()], { error: "must be CIDR ranges, 203.0.113.0/24" }))
    .default([]),

  packageDelivery: z.enum(["url", "push"]).default("url"),
  packageContainerId: z
    .string()
    .regex(CONTAINER_ID, "must be the resource id of a blob container (az storage account show, …)")
    .optional(),

  archiveReplication: z
    .enum(["Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_GZRS", "Standard_RAGZRS"])
    .optional(),
  immutabilityDays: days.max(146_000).optional(),
  evidenceAccess: z.enum(["contributor", "create-only"]).default("contributor"),
  coolAfterDays: days.optional(),
  archiveAfterDays: days.optional(),
  deleteAfterDays: days.optional(),

  alertEmail: z.email().optional(),
  // The alert's query covers two days, and a waiting task logs once a day.
  hoursWithoutDelivery: z.coerce.number().int().min(1).max(24).default(6),
  daysWithoutRequest: z.coerce
    .number()
    .int()
    .min(1)
    .max(2, "must be 1 or 2: an Azure alert covers two days")
    .default(2),
  logRetentionDays: days.min(30).max(730).default(90),

  vocabulary: z.enum(["tweet", "post"]).optional(),
  connectorUrl: publicUrl.optional(),
  xApiUrl: publicUrl.optional(),
  entraUrl: httpsUrl.optional(),
  platformUrl: httpsUrl.optional(),
  sasHosts: hostNames.optional(),
  captureIntervalMinutes: wholeNumber.optional(),
  readsPerDay: budget.optional(),
  readsPerMonth: budget.optional(),
  fullArchiveSearch: z.enum(["on", "off"]).optional(),
  profile: z.enum(["on", "off"]).optional(),
  mentions: z.enum(["on", "off"]).optional(),
  legalBasis: z.string().max(500, "must have 500 characters at most").optional(),
});

export type PlainConfig = z.infer<typeof plainSchema>;

function withoutTrailingSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
