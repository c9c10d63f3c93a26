import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { findConfigProblems } from "./config-rules.ts";
import { existingSchema } from "./existing.ts";
import { CONTAINER_ID } from "./package/external-package.ts";
import { tierOf } from "./tiers.ts";

export const TWITTER_KEYS = [
  "twitterApiKey",
  "twitterApiSecretKey",
  "twitterAccessToken",
  "twitterAccessTokenSecret",
] as const;
export const SECRET_KEYS = ["apiSecretKey", "azureAppSecret", ...TWITTER_KEYS] as const;

/** Minimum length that the app accepts. */
const API_SECRET_KEY_LENGTH = 32;

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
type SecretKey = (typeof SECRET_KEYS)[number];
/** Undefined: the stack has no value for the secret (yet). */
export type ProgramConfig = PlainConfig & Record<SecretKey, pulumi.Output<string> | undefined>;
type Arguments = z.input<typeof plainSchema> & {
  [key in SecretKey]?: pulumi.Input<string> | undefined;
};

/**
 * Reads the stack's configuration; nothing else does.
 * @throws pulumi.RunError with all problems at once, each with its remedy, before anything is created.
 */
export function readConfig(
  config = new pulumi.Config(),
  encryptedKeys = keysFrom(process.env["PULUMI_CONFIG_SECRET_KEYS"]),
): ProgramConfig {
  const secretOf = (key: SecretKey) => (get(config, key) ? config.getSecret(key) : undefined);
  const secrets = secretsBy(secretOf);
  const plain = plainSchema.safeParse(readPlainValues(config));
  const isSet = (key: SecretKey) => secrets[key] !== undefined;
  const problems = [
    ...locationProblems(),
    ...problemsIn(plain, isSet),
    ...unknownKeys(config).map(describeUnknown),
    ...SECRET_KEYS.flatMap((key) => secretProblems(key, get(config, key))),
    ...SECRET_KEYS.filter(isSet)
      .filter((key) => encryptedKeys?.includes(`${config.name}:${key}`) === false)
      .map(clearProblem),
  ];
  if (!plain.success || problems.length > 0) {
    throw unusable(problems);
  }
  return { ...plain.data, ...secrets };
}

/**
 * Adds all defaults to a program's arguments.
 * @throws pulumi.RunError with all problems at once.
 */
export function completeConfig(args: Arguments): ProgramConfig {
  const plain = plainSchema.safeParse(args);
  const isSet = (key: SecretKey) => args[key] !== undefined;
  const problems = problemsIn(plain, isSet);
  if (!plain.success || problems.length > 0) {
    throw unusable(problems);
  }
  const secretOf = (key: SecretKey) => (isSet(key) ? pulumi.secret(args[key] ?? "") : undefined);
  return { ...plain.data, ...secretsBy(secretOf) };
}

function secretsBy(
  secretOf: (key: SecretKey) => pulumi.Output<string> | undefined,
): Record<SecretKey, pulumi.Output<string> | undefined> {
  return {
    apiSecretKey: secretOf("apiSecretKey"),
    azureAppSecret: secretOf("azureAppSecret"),
    twitterApiKey: secretOf("twitterApiKey"),
    twitterApiSecretKey: secretOf("twitterApiSecretKey"),
    twitterAccessToken: secretOf("twitterAccessToken"),
    twitterAccessTokenSecret: secretOf("twitterAccessTokenSecret"),
  };
}

function problemsIn(
  plain: z.ZodSafeParseResult<PlainConfig>,
  isSet: (key: SecretKey) => boolean,
): string[] {
  return [
    ...(plain.error?.issues ?? []).map(describeIssue),
    ...(plain.success ? findConfigProblems(plain.data, isSet("azureAppSecret")) : []),
    ...twitterProblems(TWITTER_KEYS.filter((key) => !isSet(key))),
  ];
}

function unusable(problems: string[]): pulumi.RunError {
  const lines = problems.map((line) => `- ${line}`).join("\n");
  return new pulumi.RunError(`The connector's configuration is not usable:\n${lines}`);
}

/**
 * Empty text means "not set": the CLI requires a default for each key that Pulumi.yaml declares, and
 * optional keys have no other one.
 */
function get(config: pulumi.Config, key: string): string | undefined {
  return config.get(key) || undefined;
}

/** Keys that are encrypted in the stack's file, from Pulumi's language host; undefined outside of it. */
function keysFrom(text: string | undefined): string[] | undefined {
  return text === undefined ? undefined : z.array(z.string()).parse(JSON.parse(text));
}

function readPlainValues(config: pulumi.Config): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(plainSchema.shape).map((key) => [
      key,
      STRUCTURED_KEYS.has(key) ? readStructured(config, key) : get(config, key),
    ]),
  );
}

/** Every Azure resource needs it; without this check Entra objects would be created before Azure refuses. */
function locationProblems(): string[] {
  return new pulumi.Config("azure-native").get("location")
    ? []
    : [
        "azure-native:location: missing. Set the Azure region: pulumi config set azure-native:location westeurope",
      ];
}

/** A misspelt key would be ignored silently. */
function unknownKeys({ name }: pulumi.Config): string[] {
  const known = new Set<string>([...Object.keys(plainSchema.shape), ...SECRET_KEYS]);
  return Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(`${name}:`))
    .map((key) => key.slice(name.length + 1))
    .filter((key) => !known.has(key));
}

function describeUnknown(key: string): string {
  return `${key}: the program has no such key. Remove it: pulumi config rm ${key}`;
}

const STRUCTURED_KEYS = new Set(["allowedIpRanges", "existing", "tags"]);

/** `pulumi config set --path 'allowedIpRanges[0]' …` stores a list as JSON. */
function readStructured(config: pulumi.Config, key: string): unknown {
  const text = get(config, key);
  if (text === undefined) {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function withoutTrailingSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

function describeIssue({ path, message }: z.core.$ZodIssue): string {
  const [key] = path;
  const where = path
    .map((step, depth) =>
      typeof step === "number" ? `[${step}]` : `${depth > 0 ? "." : ""}${String(step)}`,
    )
    .join("");
  const within = { allowedIpRanges: "[0]", existing: ".KEY", tags: ".NAME" }[String(key)];
  const command =
    within === undefined
      ? `pulumi config set ${String(key)} VALUE`
      : `pulumi config set --path '${String(key)}${within}' VALUE`;
  return `${where}: ${message}. Correct it: ${command}`;
}

/** Names what is wrong with a secret, never its value. */
function secretProblems(key: SecretKey, value: string | undefined): string[] {
  const remedy = `Set it again: pulumi config set --secret ${key}`;
  return [
    ...(value !== undefined && /\s/.test(value) ? [`${key}: contains blanks. ${remedy}`] : []),
    ...(key === "apiSecretKey" && value !== undefined && value.length < API_SECRET_KEY_LENGTH
      ? [
          `${key}: must have ${API_SECRET_KEY_LENGTH} characters or more. ${remedy}, or let the ` +
            "program generate one: pulumi config rm apiSecretKey",
        ]
      : []),
  ];
}

/** Checked here because `secret: true` in Pulumi.yaml would make every secret mandatory. */
function clearProblem(key: SecretKey): string {
  return (
    `${key}: is stored unencrypted in the stack's file. Replace the secret at its source, then set the ` +
    `new one: pulumi config set --secret ${key}`
  );
}

function twitterProblems(missing: SecretKey[]): string[] {
  return missing.length === 0 || missing.length === TWITTER_KEYS.length
    ? []
    : missing.map(
        (key) =>
          `${key}: missing, while other Twitter values are set. Copy it from the X developer app: ` +
          `pulumi config set --secret ${key}`,
      );
}
