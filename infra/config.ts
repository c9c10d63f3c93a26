import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { findConfigProblems } from "./config-rules.ts";
import { type PlainConfig, plainSchema } from "./config-schema.ts";

export const TWITTER_KEYS = [
  "twitterApiKey",
  "twitterApiSecretKey",
  "twitterAccessToken",
  "twitterAccessTokenSecret",
] as const;
export const SECRET_KEYS = ["apiSecretKey", "azureAppSecret", ...TWITTER_KEYS] as const;

/** Minimum length that the app accepts. */
const API_SECRET_KEY_LENGTH = 32;

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
