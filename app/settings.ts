import * as z from "zod";

const httpsUrl = z.url({ protocol: /^https$/ }).transform(withoutTrailingSlash);
const loopbackHosts = new Set(["127.0.0.1", "[::1]", "localhost"]);
/** Plain http is for a stand-in on the same machine, and for nothing else. */
const outsideUrl = z
  .url({ protocol: /^https?$/, abort: true })
  .refine((url) => url.startsWith("https:") || loopbackHosts.has(new URL(url).hostname), {
    error: "must be https (http only on the loopback interface)",
  })
  .transform(withoutTrailingSlash);
const secret = z.string().min(1);
const count = z.coerce.number().int().positive();
const countOrNone = z.coerce.number().int().nonnegative();

/** Settings that may be read by anyone who can read the site's configuration. */
export const plainSettings = {
  TENANT_ID: z.guid().describe("Microsoft Entra tenant of the Microsoft 365 organization"),
  AZURE_APP_ID: z.guid().describe("application (client) id of the connector's app registration"),
  MANAGED_IDENTITY_CLIENT_ID: z.guid().describe("client id of the site's user-assigned identity"),
  EVIDENCE_CONTAINER_URL: httpsUrl.describe("blob container of what is written once"),
  STATE_CONTAINER_URL: httpsUrl.describe("blob container of what changes all the time"),
  EVIDENCE_ACCESS: z
    .enum(["contributor", "create-only"])
    .default("contributor")
    .describe("what the site may do to evidence: everything, or create and read"),
  WORK_QUEUE_URL: httpsUrl.describe("storage queue of work to do"),
  POISON_QUEUE_URL: httpsUrl.describe("storage queue of work that was given up"),
  CONNECTOR_URL: outsideUrl
    .optional()
    .describe("public address of the site, if it is not the default host name"),
  X_API_URL: outsideUrl.default("https://api.x.com").describe("where the X API is reached"),
  X_VOCABULARY: z
    .enum(["tweet", "post"])
    .default("tweet")
    .describe("field names to ask X with: `tweet.fields` (legacy) or `post.fields`"),
  ENTRA_URL: httpsUrl
    .default("https://login.microsoftonline.com")
    .describe("Microsoft Entra authority"),
  PLATFORM_URL: httpsUrl
    .default("https://webhook.ingestion.office.com")
    .describe("Microsoft 365 Import service"),
  SAS_HOSTS: z
    .string()
    .default("blob.core.windows.net,blob.storage.azure.net")
    .transform((hosts) => hosts.split(",").flatMap((host) => host.trim() || []))
    .describe("host names, or parents of them, that a BlobSasUri may name, comma-separated"),
  CAPTURE_INTERVAL_MINUTES: countOrNone
    .default(15)
    .describe("minutes between two captures that nobody asked for; 0: none"),
  READS_PER_DAY: count
    .optional()
    .describe(
      "posts that may be read from X in a UTC day, all jobs together; absent: the default budget",
    ),
  READS_PER_MONTH: count
    .optional()
    .describe(
      "posts that may be read from X in a UTC month, all jobs together; absent: the default budget",
    ),
  FULL_ARCHIVE_SEARCH: z
    .enum(["on", "off"])
    .default("off")
    .describe("whether X's full-archive search may be used for what its timelines no longer give"),
  PROFILE: z
    .enum(["on", "off"])
    .default("on")
    .describe("whether each version of the account's own profile is archived"),
  MENTIONS: z
    .enum(["on", "off"])
    .default("off")
    .describe("whether posts of others that name the account are archived"),
  LEGAL_BASIS: z
    .string()
    .max(500)
    .optional()
    .describe("on what ground others' words are archived; shown with them"),
  TASK_CONCURRENCY: count.default(2).describe("tasks that one instance works on at a time"),
  // Bytes in flight have a budget of their own (delivery/deliver.ts). With two tasks, no more than
  // the 128 connections to one address that App Service is sure to give an instance.
  UPLOAD_CONCURRENCY: count.default(40).describe("items of one task in flight at a time"),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info").describe("least level"),
};

/** Settings that reach the app as Key Vault references, never as values. */
export const secretSettings = {
  API_SECRET_KEY: secret.min(32).describe("APISecretKey: the platform's and administrator's"),
  AZURE_APP_SECRET: secret
    .optional()
    .describe("client secret of the registration; absent: it trusts the site's identity"),
  SEALING_KEYS: z
    .string()
    .transform(parseSealingKeys)
    .describe("JWK Set of the keys that seal secrets at rest; the first one seals"),
  TWITTER_API_KEY: secret.optional().describe("Twitter API Key"),
  TWITTER_API_SECRET_KEY: secret.optional().describe("Twitter API Secret Key"),
  TWITTER_ACCESS_TOKEN: secret.optional().describe("Twitter Access Token"),
  TWITTER_ACCESS_TOKEN_SECRET: secret.optional().describe("Twitter Access Token Secret"),
};

/**
 * What Node and its allocator have to be told so that the process stays small. By default, V8 lets
 * what is short-lived grow to 128 MiB; glibc keeps an arena for each thread, and of what large
 * buffers leave behind the more, the larger they were. With less than 2 MiB, V8 takes what is
 * short-lived for old, and a large window costs more memory and not less (delivery/memory.test.ts).
 */
export const PROCESS_ENVIRONMENT = {
  NODE_OPTIONS: "--max-semi-space-size=2",
  MALLOC_ARENA_MAX: "1",
  MALLOC_TRIM_THRESHOLD_: "131072",
} as const;

/** The one schema of what the app is told by its environment. The program in `infra/` wires it. */
export const settingsSchema = z.object({ ...plainSettings, ...secretSettings });

export type PlainSettingName = keyof typeof plainSettings;
export type SecretSettingName = keyof typeof secretSettings;
export type SettingName = PlainSettingName | SecretSettingName;
export type Settings = z.infer<typeof settingsSchema>;

/** Twitter values that the X developer app gives; all four or none (the first `pulumi up`). */
export const TWITTER_SETTINGS = [
  "TWITTER_API_KEY",
  "TWITTER_API_SECRET_KEY",
  "TWITTER_ACCESS_TOKEN",
  "TWITTER_ACCESS_TOKEN_SECRET",
] as const satisfies SettingName[];

export class SettingsError extends Error {
  override name = "SettingsError" as const;
  readonly problems: string[];

  constructor(problems: string[]) {
    super(`The settings are not usable:\n${problems.map((problem) => `- ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

/**
 * Reads all settings at once. Empty values count as absent (App Service keeps a cleared one as "").
 * @throws SettingsError with one line for each problem; never with a value.
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const names = settingsSchema.keyof().options;
  const given = Object.fromEntries(
    names.flatMap((name) => (env[name] ? [[name, env[name]] as const] : [])),
  );
  const unresolved = names.filter((name) => given[name]?.startsWith("@Microsoft.KeyVault("));
  const result = settingsSchema.safeParse(given);
  const problems = [
    ...unresolved.map(unresolvedProblem),
    ...(result.error?.issues ?? []).flatMap(({ path, message }) => {
      const name = names.find((one) => one === path[0]);
      return name === undefined || unresolved.includes(name)
        ? []
        : [shapeProblem(name, message, given[name] === undefined)];
    }),
    ...twitterProblems(given),
  ];
  if (problems.length > 0 || !result.success) {
    throw new SettingsError(problems);
  }
  return result.data;
}

function unresolvedProblem(name: SettingName): string {
  return (
    `${name}: App Service could not resolve its Key Vault reference, and tries again only after a day. ` +
    "`npm run doctor -- --mend` has it try now. If it still fails, the site's identity lacks the role " +
    "Key Vault Secrets User on the secret: `npm run up` assigns it."
  );
}

function shapeProblem(name: SettingName, message: string, absent: boolean): string {
  const about = settingsSchema.shape[name].description ?? "";
  const found = absent ? "is missing" : message;
  return `${name} (${about}): ${found}. It is wired by the Pulumi program: run \`npm run up\`.`;
}

function twitterProblems(given: Partial<Record<string, string>>): string[] {
  const missing = TWITTER_SETTINGS.filter((name) => given[name] === undefined);
  return missing.length === 0 || missing.length === TWITTER_SETTINGS.length
    ? []
    : [
        `${missing.join(", ")}: missing, while the other Twitter values are there. All four come ` +
          "from one X developer app: set them with `npx pulumi config set --secret`, then `npm run up`.",
      ];
}

const jwkSet = z.object({
  keys: z
    .array(z.object({ kty: z.literal("oct"), kid: z.string().min(1), k: z.base64url().length(43) }))
    .min(1),
});

export type SealingKeys = z.infer<typeof jwkSet>["keys"];

function parseSealingKeys(text: string, context: z.RefinementCtx): SealingKeys {
  try {
    return jwkSet.parse(JSON.parse(text)).keys;
  } catch {
    // The parser's own message could quote the text, and the text is a key.
    context.addIssue({
      code: "custom",
      message: 'must be a JWK Set of 256-bit "oct" keys with a kid',
    });
    return z.NEVER;
  }
}

function withoutTrailingSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
