import { readFile, rm, writeFile } from "node:fs/promises";
import { z } from "zod";
import { MendableError } from "../checks/check.ts";

/** The stack's outputs that scripts use; there may be more. */
export const outputsSchema = z.looseObject({
  connectorUrl: z.string(),
  azureAppId: z.string(),
  tenantId: z.string(),
  apiSecretKey: z.string(),
  twitterCallbackUrl: z.string(),
  statusUrl: z.string(),
  workbookUrl: z.string().optional(),
  /** Resource id of the workspace of the connector's log. */
  workspaceId: z.string().optional(),
  packageHash: z.string(),
  /** SHA-256 of the whole package, and where the site fetches it from; null where it is brought. */
  packageZipHash: z.string().optional(),
  packageUrl: z.string().nullish(),
  evidenceAccess: z.enum(["contributor", "create-only"]).optional(),
  portal: z.object({
    Name: z.string(),
    "Connector URL": z.string(),
    Password: z.string(),
    "Azure App ID": z.string(),
  }),
  /** Where the package is published (packageDelivery push). */
  publishUrl: z.string().nullish(),
  /** Only if the owner of an existing registration has to add it. */
  federatedCredential: z
    .object({ issuer: z.string(), subject: z.string(), audience: z.string() })
    .nullish(),
});

/** What `pulumi stack output --json` says; `--show-secrets` reveals apiSecretKey and Password. */
export type StackOutputs = z.infer<typeof outputsSchema>;

/** @throws MendableError where there are no outputs, or not those of this program. */
export function parseOutputs(value: unknown, from: string): StackOutputs {
  const parsed = outputsSchema.safeParse(value);
  if (parsed.success) {
    return parsed.data;
  }
  const missing = [...new Set(parsed.error.issues.map(({ path }) => String(path[0])))];
  throw new MendableError(
    `${from} has not all outputs of this program: ${missing.join(", ")}`,
    "Deploy with this version of the program: npm run up",
  );
}

/** Reads what `pulumi stack output --json --show-secrets` or `npm run local -- --keep DIR` wrote. */
export async function readOutputsFile(file: string): Promise<StackOutputs> {
  const remedy = `Write it anew: npx pulumi stack output --json --show-secrets > ${file}`;
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new MendableError(`${file} cannot be read`, remedy, { cause });
  });
  return parseOutputs(parseJson(text, file, remedy), file);
}

/** Readable by the owner only, because it holds secrets. */
export async function writeOutputs(file: string, outputs: StackOutputs): Promise<void> {
  await writePrivately(file, `${JSON.stringify(outputs, undefined, 2)}\n`);
}

/** The same for variables that a shell may read (`set -a; . FILE`). */
export async function writeEnvironment(
  file: string,
  variables: Record<string, string>,
): Promise<void> {
  const lines = Object.entries(variables).map(([name, value]) => `${name}='${value}'\n`);
  await writePrivately(file, lines.join(""));
}

async function writePrivately(file: string, text: string): Promise<void> {
  // An existing file would keep its mode.
  await rm(file, { force: true });
  await writeFile(file, text, { mode: 0o600, flag: "wx" });
}

function parseJson(text: string, file: string, remedy: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message would quote the text, which holds secrets.
    throw new MendableError(`${file} is not JSON`, remedy);
  }
}
