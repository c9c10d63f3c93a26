import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  outputsSchema,
  type StackOutputs,
  writeEnvironment,
  writeOutputs,
} from "../stack/outputs.ts";
import { PROJECT } from "../stack/pulumi.ts";
import { createRun } from "../stack/run.ts";
import { evaluateProgram } from "./azure/evaluate-program.ts";
import { listen } from "./listen.ts";
import { startLocalAzure } from "./azure/resource-manager.ts";
import { createCertificate } from "./certificate.ts";
import { claimFolder } from "./claim-folder.ts";
import type {
  Certificate,
  Closable,
  LocalAzure,
  LocalSite,
  LocalX,
  TwitterKeys,
} from "./contracts.ts";
import type { Azurite } from "./azure/azurite.ts";
import { startEntra } from "./entra/entra.ts";
import type { Faults } from "./faults/fault.ts";
import { type CompliancePortal, createCompliancePortal } from "./portal/compliance-portal.ts";
import { type ImportService, startImportService } from "./portal/import-service.ts";
import { openMailbox } from "./portal/mailbox.ts";
import type { Limits } from "./portal/request-window.ts";
import type { Progress } from "./progress.ts";
import { bundleRewritten, type Rewrite } from "./rewritten-app.ts";
import { borrowX, requireAnswer } from "./x/borrow.ts";
import { generateTimeline } from "./x/generate.ts";
import { loadTimeline, type TimelineFiles } from "./x/load.ts";
import { startX } from "./x/server.ts";
import type { Timeline } from "./x/timeline.ts";

/** The keys of the X developer app, as far as X is ours. Another X (`--x`) has to know them too. */
export const LOCAL_TWITTER_KEYS: TwitterKeys = {
  twitterApiKey: "local-twitter-api-key",
  twitterApiSecretKey: "local-twitter-api-secret-key",
  twitterAccessToken: "local-twitter-access-token",
  twitterAccessTokenSecret: "local-twitter-access-token-secret",
};

/** Where faults are played, an hour of waiting is a few seconds. */
export const FAULTS_QUEUE_SPEED = 1000;

/** Longer than it takes until a process that was killed is missed, and until it is started again. */
const FAULTS_LIMITS: Partial<Limits> = { idleMs: 300_000, insistMs: 60_000 };

const PLATFORM_RESOURCE = "https://microsoft.onmicrosoft.com/4e476d41-2395-42be-89ff-34cb9186a1ac";

export type LocalSystem = Closable & {
  x: LocalX;
  azure: LocalAzure;
  site: LocalSite;
  importService: ImportService;
  portal: CompliancePortal;
  /** A portal for one more job of the same connector. */
  openPortal: (limits?: Partial<Limits>) => CompliancePortal;
  outputs: StackOutputs;
  /** What the stack's configuration has the connector archive beside the account's own posts. */
  feeds: { mentions: boolean; profile: boolean };
  mailboxFolder: string;
  /** Names of the e-mails that lay there before this system was started. */
  earlierMails: ReadonlySet<string>;
};

/** The first seven are options of `npm run local`. */
export type StartOptions = Omit<TimelineFiles, "posts"> & {
  posts?: string | undefined;
  /** True: every post exists from the start; false: X's clock follows the windows. */
  history: boolean;
  x?: string | undefined;
  keep?: string | undefined;
  progress: Progress;
  /** What is changed of the app that runs: for tests of the checker. */
  rewrites?: readonly Rewrite[];
  /** What X knows, instead of what the options name. */
  timeline?: Timeline;
  faults?: Faults;
  /** What the SAS of the next container allows; the real platform's is unknown [?]. Default: `w`. */
  sasPermissions?: () => string;
  /** Instances of the site, behind one address. */
  instances?: number;
  /** Storage that other systems use, too; this one gets its accounts to itself. Default: its own. */
  storage?: { azurite: Azurite; certificate: Certificate };
  /** The work queue's clock runs so many times faster, so that a message comes back the sooner. */
  queueSpeed?: number;
  /** More stack configuration, by key. */
  config?: Record<string, string> | undefined;
};

/**
 * Starts everything: X, Entra, Azure, the Import service; evaluates the Pulumi program against them;
 * starts the package that it deployed; and opens the compliance portal. Nothing is left behind if
 * a part does not start.
 */
export async function startLocalSystem(options: StartOptions): Promise<LocalSystem> {
  await using running = new AsyncDisposableStack();
  const { progress } = options;
  const timeline = options.timeline ?? (await readTimeline(options));
  if (options.x !== undefined) {
    await requireAnswer(options.x);
  }
  const directory = options.keep
    ? resolve(options.keep)
    : await mkdtemp(join(tmpdir(), `${PROJECT}-`));
  const mailboxFolder = join(directory, "mailbox");
  await mkdir(mailboxFolder, { recursive: true });
  running.use(await claimFolder(directory));
  running.defer(() => (options.keep ? undefined : forgetAllBut(directory)));
  const use = <T extends Closable>(part: T): T => {
    running.defer(() => part.close());
    return part;
  };

  const starting = progress.step("Starting X, Entra, Azure and the Import service");
  const firstSite = createServer();
  const connectorUrl = `http://127.0.0.1:${await listen(firstSite)}`;
  const { storage } = options;
  const certificate = storage?.certificate ?? (await createCertificate(directory));
  const entra = use(
    await startEntra({ certificate, tenantId: randomUUID(), faults: options.faults }),
  );
  const azure = use(
    await startLocalAzure({
      certificate,
      entra,
      directory,
      firstSite,
      keep: options.keep !== undefined,
      azurite: storage?.azurite,
      faults: options.faults,
      queueSpeed: options.queueSpeed,
    }),
  );
  const mailbox = await openMailbox(mailboxFolder);
  const importService = use(
    await startImportService({
      certificate,
      entra,
      resource: PLATFORM_RESOURCE,
      mailbox,
      createContainer: (name, expires) =>
        azure.createPlatformContainer(name, expires, options.sasPermissions?.()),
      faults: options.faults,
    }),
  );
  const x = use(
    options.x === undefined
      ? await startX({
          timeline,
          keys: LOCAL_TWITTER_KEYS,
          callbackUrl: `${connectorUrl}/Views/TwitterOAuth`,
          history: options.history,
          faults: options.faults,
        })
      : borrowX(options.x, timeline),
  );
  starting.finish();

  const evaluating = progress.step("Evaluating the Pulumi program");
  const settings = {
    ...LOCAL_TWITTER_KEYS,
    ...addresses({ connectorUrl, entra, x, importService }),
    ...options.config,
  };
  // What the configuration names by its id, as a landing zone's network, another team has made before.
  for (const id of JSON.stringify(settings).match(/\/subscriptions\/[^"\\]+/g) ?? []) {
    azure.manager.admit(id);
  }
  const outputs = outputsSchema.parse(
    await evaluateProgram({
      azure,
      project: PROJECT,
      stack: "local",
      config: { "azure-native:location": "westeurope", ...qualify(settings) },
      secretKeys: Object.keys(qualify(LOCAL_TWITTER_KEYS)),
    }),
  );
  if (options.keep) {
    await writeOutputs(join(directory, "outputs.json"), outputs);
    await writeEnvironment(join(directory, "operator.env"), await azure.admitOperator());
  }
  evaluating.finish();

  if (outputs.publishUrl) {
    await push(join(directory, "outputs-to-push.json"), outputs, await azure.admitOperator());
  }
  const booting = progress.step("Starting the package that it built");
  const { rewrites = [], instances } = options;
  const server = rewrites.length > 0 ? await bundleRewritten(rewrites) : undefined;
  const [site] = await azure.startSites({ server, instances });
  if (!site) {
    throw new Error("The program created no web app");
  }
  booting.finish(connectorUrl);
  const handoff = {
    name: outputs.portal.Name,
    connectorUrl: outputs.portal["Connector URL"],
    password: outputs.portal.Password,
    azureAppId: outputs.portal["Azure App ID"],
    tenantId: outputs.tenantId,
  };
  const openPortal = (limits?: Partial<Limits>) =>
    createCompliancePortal({ entra, importService, handoff, ...(limits && { limits }) });
  const parts = running.move();
  return {
    x,
    azure,
    site,
    importService,
    portal: openPortal(options.faults && FAULTS_LIMITS),
    openPortal,
    outputs,
    feeds: {
      mentions: options.config?.["mentions"] === "on",
      profile: options.config?.["profile"] !== "off",
    },
    mailboxFolder,
    earlierMails: mailbox.earlier,
    close: () => parts.disposeAsync(),
  };
}

const PUSH_MS = 60_000;

/** As `npm run up` does where the package is brought to the site; nothing runs there yet. */
async function push(
  file: string,
  outputs: StackOutputs,
  operator: Record<string, string>,
): Promise<void> {
  await writeOutputs(file, outputs);
  const run = createRun({
    file: process.execPath,
    before: [join(import.meta.dirname, "../push.ts")],
    env: { ...process.env, ...operator },
    timeoutMs: PUSH_MS,
  });
  const ran = await run(["--outputs", file, "--wait", "0"]);
  if (ran?.exitCode !== 0) {
    throw new Error(`The package was not pushed:\n${ran?.stderr}`);
  }
}

async function readTimeline({ posts, users, user, includes }: StartOptions): Promise<Timeline> {
  return posts === undefined ? generateTimeline() : loadTimeline({ posts, users, user, includes });
}

/** The outside world's addresses, as stack configuration: the only way in which anything differs. */
function addresses({
  connectorUrl,
  entra,
  x,
  importService,
}: {
  connectorUrl: string;
  entra: { url: string; tenantId: string };
  x: { url: string };
  importService: { url: string };
}): Record<string, string> {
  return {
    connectorUrl,
    tenantId: entra.tenantId,
    xApiUrl: x.url,
    entraUrl: entra.url,
    platformUrl: importService.url,
    sasHosts: "127.0.0.1",
  };
}

function qualify(config: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]): [string, string] => [`${PROJECT}:${key}`, value]),
  );
}

/** The mailbox and the app's log stay for a look; the machine clears its temporary folder itself. */
async function forgetAllBut(directory: string): Promise<void> {
  await rm(join(directory, "azurite"), { recursive: true, force: true });
}
