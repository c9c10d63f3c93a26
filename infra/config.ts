import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

const wholeNumber = z.string().regex(/^\d+$/, "must be a whole number");

const TWITTER_KEYS = [
  "twitterApiKey",
  "twitterApiSecretKey",
  "twitterAccessToken",
  "twitterAccessTokenSecret",
] as const;

/** Values that may be shown. Secrets are read apart, and stay wrapped. */
const plainSchema = z.object({
  tenantId: z.guid().optional(),
  environment: z.enum(["development", "production"]).default("development"),
  sku: z.string().min(2).default("B1"),
  vocabulary: z.enum(["tweet", "post"]).optional(),
  connectorUrl: z.url({ protocol: /^https?$/ }).optional(),
  xApiUrl: z.url({ protocol: /^https?$/ }).optional(),
  entraUrl: z.url({ protocol: /^https$/ }).optional(),
  platformUrl: z.url({ protocol: /^https$/ }).optional(),
  sasHosts: z.string().min(1).optional(),
  captureIntervalMinutes: wholeNumber.optional(),
  readsPerDay: wholeNumber.optional(),
  readsPerMonth: wholeNumber.optional(),
  fullArchiveSearch: z.enum(["on", "off"]).optional(),
});

type TwitterKey = (typeof TWITTER_KEYS)[number];

export type ProgramConfig = z.infer<typeof plainSchema> & {
  apiSecretKey: pulumi.Output<string> | undefined;
  /** All four, or none before the X developer app exists. */
  twitter: Record<TwitterKey, pulumi.Output<string> | undefined>;
};

/**
 * The only reader of the stack's configuration.
 * @throws pulumi.RunError with all problems at once, each with its remedy, before anything is created.
 */
export function readConfig(config = new pulumi.Config()): ProgramConfig {
  const given = Object.fromEntries(
    Object.keys(plainSchema.shape).map((key) => [key, config.get(key)]),
  );
  const plain = plainSchema.safeParse(given);
  const twitter = {
    twitterApiKey: config.getSecret("twitterApiKey"),
    twitterApiSecretKey: config.getSecret("twitterApiSecretKey"),
    twitterAccessToken: config.getSecret("twitterAccessToken"),
    twitterAccessTokenSecret: config.getSecret("twitterAccessTokenSecret"),
  };
  const problems = [
    ...(plain.error?.issues ?? []).map(
      ({ path, message }) =>
        `${path.join(".")}: ${message}. Correct it: pulumi config set ${path.join(".")} VALUE`,
    ),
    ...twitterProblems(TWITTER_KEYS.filter((key) => twitter[key] === undefined)),
  ];
  if (!plain.success || problems.length > 0) {
    throw new pulumi.RunError(
      `The stack's configuration is not usable:\n${problems.map((line) => `- ${line}`).join("\n")}`,
    );
  }
  return { ...plain.data, apiSecretKey: config.getSecret("apiSecretKey"), twitter };
}

function twitterProblems(missing: TwitterKey[]): string[] {
  return missing.length === 0 || missing.length === TWITTER_KEYS.length
    ? []
    : missing.map(
        (key) =>
          `${key}: missing, while other Twitter values are set. Copy it from the X developer app: ` +
          `pulumi config set --secret ${key}`,
      );
}
