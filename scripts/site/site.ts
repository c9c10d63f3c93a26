import { z } from "zod";
import { MendableError } from "../checks/check.ts";
import type { StackOutputs } from "../stack/outputs.ts";
import { explainNetwork } from "./explain-network.ts";

export type Health = { version: string; packageHash: string; missing: string[] };
export type Validation = { isAble: boolean; message: string };

/** A deployed connector, seen from outside. Every method throws MendableError if it gets no answer. */
export type Site = {
  health(): Promise<Health>;
  /** setup/Validate as the platform calls it. Without a credential: none is shown. */
  validate(credential: Credential | undefined): Promise<Response>;
  /** Any address below the connector's URL; redirects are not followed. */
  get(path: string): Promise<Response>;
};

export type Credential = { tenantId: string; password: string };

/** Validate asks X, Entra, the Import service and the archive, each for up to 20 s. */
const VALIDATE_MS = 60_000;
const REQUEST_MS = 15_000;
/** Distinguishes these scripts' calls from the platform's in the connector's log. */
export const OWN_HEADER = "x-connector-script";

const healthSchema = z.looseObject({
  version: z.string(),
  packageHash: z.string(),
  missing: z.array(z.string()).default([]),
});
const validationSchema = z.object({ Status: z.boolean(), Message: z.string().nullable() });

export function createSite(
  { connectorUrl }: Pick<StackOutputs, "connectorUrl">,
  send: typeof fetch = fetch,
): Site {
  const ask = async (path: string, timeoutMs: number, headers: Record<string, string> = {}) => {
    const url = new URL(path, connectorUrl.replace(/\/*$/, "/"));
    const signal = AbortSignal.timeout(timeoutMs);
    const all = { ...headers, [OWN_HEADER]: "1" };
    return send(url, { headers: all, redirect: "manual", signal }).catch((error: unknown) => {
      throw explainNetwork(error, url);
    });
  };
  return {
    get: (path) => ask(path, REQUEST_MS),
    validate: (credential) =>
      ask("setup/Validate", VALIDATE_MS, credential ? { authorization: basic(credential) } : {}),
    async health() {
      const answer = await ask("healthz", REQUEST_MS);
      const health = healthSchema.safeParse(parseJson(await answer.text()));
      if (!health.success) {
        throw notTheConnector(answer.status, connectorUrl);
      }
      return health.data;
    },
  };
}

/** Reads an answer of setup/Validate. @throws MendableError if it is none. */
export async function readValidation(answer: Response): Promise<Validation> {
  const text = await answer.text();
  if (answer.status === 401 || answer.status === 429) {
    throw new MendableError(
      `setup/Validate refuses the stack's own credential (${answer.status}): the site has another APISecretKey or tenant`,
      "Have the site read its settings again: npm run up, then restart the site",
    );
  }
  const validation = validationSchema.safeParse(parseJson(text));
  if (answer.status !== 200 || !validation.success) {
    throw new MendableError(
      `setup/Validate answered ${answer.status}, and not in the portal's words`,
      "Look at the site's log",
    );
  }
  const { Status: isAble, Message: message } = validation.data;
  return { isAble, message: message ?? "" };
}

/** The platform's `Authorization` header with the shared password (RFC 7617). */
function basic({ tenantId, password }: Credential): string {
  return `Basic ${Buffer.from(`${tenantId}:${password}`).toString("base64")}`;
}

/** App Service itself answers if a site does not start or must not be reached. */
function notTheConnector(status: number, connectorUrl: string): MendableError {
  const remedy =
    status === 403
      ? "The site's access restrictions do not let this machine in, or the site is stopped"
      : "The app does not start: its log says why. Missing roles and secrets are the usual reason";
  return new MendableError(`${connectorUrl} answered ${status}, and not as the connector`, remedy);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
