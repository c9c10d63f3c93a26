import { setTimeout as sleep } from "node:timers/promises";
import { v4 as uuid } from "uuid";
import { z } from "zod";
import type { LocalEntra } from "../contracts.ts";
import type { Browser } from "./browser.ts";
import { createBrowser } from "./browser.ts";
import type { ImportService } from "./import-service.ts";
import type { Call } from "./platform-call.ts";
import { createCaller, readJson, toUrl } from "./platform-call.ts";
import type { Handoff, Probe } from "./probes.ts";
import { listProbes, PLATFORM_APP_ID } from "./probes.ts";
import type { Limits } from "./request-window.ts";
import { requestWindow } from "./request-window.ts";
import type { TaskResult, Window } from "./results.ts";
import { walkSignIn } from "./walk-sign-in.ts";

export type PortalOptions = {
  handoff: Handoff;
  entra: LocalEntra;
  importService: ImportService;
  /** Another `fetch` plays what stands in front of the connector, such as Azure's TLS. */
  fetch?: typeof fetch;
  jobId?: string;
  limits?: Partial<Limits>;
};

/** Plays the administrator in the portal, and the platform's schedule, against one connector. */
export type CompliancePortal = {
  jobId: string;
  /** Validate until the connector says that it can work; throws with its Message after a minute. */
  validate(): Promise<void>;
  /** Every credential of the contract opens the connector, and no other does. */
  probeCredentials(): Promise<void>;
  /** The sign-in pop-up, IsCreated, then admin consent. `handle` is the account's, without @. */
  signIn(handle: string): Promise<void>;
  /** Admin consent, for which no page asks before the account is signed in. */
  consent(): void;
  /** Asks for a window and waits for its import; throws when nothing moves any more. */
  requestWindow(window: Window, dirtyEntities?: string[]): Promise<TaskResult>;
  /** The status page's facts, as the signed-in administrator. */
  readStatus(): Promise<ConnectorStatus>;
};

export type ConnectorStatus = z.infer<typeof statusSchema>;

export function createCompliancePortal(options: PortalOptions): CompliancePortal {
  const { handoff, entra, importService, jobId = uuid() } = options;
  const limits = { ...LIMITS, ...options.limits };
  const send = options.fetch ?? fetch;
  const browser = createBrowser(send);
  const call = createCaller(handoff, send, limits.requestMs);
  importService.expectConnector(handoff.azureAppId);
  const consent = () => entra.consent(PLATFORM_APP_ID);
  return {
    jobId,
    validate: () => validate(call, limits.validateMs),
    probeCredentials: () => probeCredentials(call, options),
    async signIn(handle) {
      await signIn(browser, { handoff, jobId, handle });
      await assertCreated(call, jobId);
      consent();
    },
    consent,
    requestWindow: (window, dirtyEntities) =>
      requestWindow({ window, dirtyEntities, jobId }, { call, importService, limits }),
    async readStatus() {
      return statusSchema.parse(await browser.askJson(toUrl(handoff, "")));
    },
  };
}

const LIMITS: Limits = {
  validateMs: 60_000,
  requestMs: 15_000,
  idleMs: 120_000,
  pollMs: 2000,
  insistMs: 0,
};

const gapSchema = z.looseObject({ start: z.string(), end: z.string(), reason: z.string() });

const statusSchema = z.looseObject({
  jobs: z.array(
    z.looseObject({
      jobId: z.string(),
      account: z.looseObject({ id: z.string(), username: z.string() }),
      gaps: z.array(gapSchema),
      unfinished: z.number(),
    }),
  ),
});

const validationSchema = z.object({ Status: z.boolean(), Message: z.string().nullable() });

async function validate(call: Call, limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const why = await askValidate(call);
    if (why === undefined) {
      return;
    }
    if (Date.now() > deadline) {
      throw new Error(`setup/Validate did not succeed in ${limitMs / 1000} s: ${why}`);
    }
    await sleep(500);
  }
}

/** Undefined when the connector can work, else why not. */
async function askValidate(call: Call): Promise<string | undefined> {
  try {
    const answer = await call("setup/Validate");
    const { Status, Message } = validationSchema.parse(await readJson("setup/Validate", answer));
    return Status ? undefined : (Message ?? "Status is false without a Message");
  } catch (error) {
    return String(error);
  }
}

async function probeCredentials(call: Call, { handoff, entra }: PortalOptions): Promise<void> {
  const wrong: string[] = [];
  for (const probe of listProbes(handoff)) {
    const answer = await call("setup/Validate", { authorization: await issue(probe, entra) });
    await answer.arrayBuffer();
    if (answer.status !== probe.status) {
      wrong.push(`${probe.what}: answered ${answer.status}, must be ${probe.status}`);
    }
  }
  if (wrong.length > 0) {
    throw new Error(`setup/Validate takes the wrong callers:\n${wrong.join("\n")}`);
  }
}

async function issue(probe: Probe, entra: LocalEntra): Promise<string | undefined> {
  return "claims" in probe ? `Bearer ${await entra.issue(probe.claims)}` : probe.authorization;
}

type SigningIn = { handoff: Handoff; jobId: string; handle: string };

async function signIn(browser: Browser, { handoff, jobId, handle }: SigningIn): Promise<void> {
  const start = toUrl(handoff, "preview/OnJobCreating");
  start.search = new URLSearchParams({ jobId, tenantId: handoff.tenantId }).toString();
  await walkSignIn(browser, { start, password: handoff.password, handle });
}

const createdSchema = z.object({ IsJobCreated: z.boolean(), Reason: z.string().nullable() });

async function assertCreated(call: Call, jobId: string): Promise<void> {
  const path = `job/IsCreated?jobId=${encodeURIComponent(jobId)}`;
  const { IsJobCreated, Reason } = createdSchema.parse(await readJson(path, await call(path)));
  if (!IsJobCreated) {
    throw new Error(`job/IsCreated says false after the sign-in: ${Reason ?? "no Reason"}`);
  }
}
