import { createServer } from "node:https";
import { getRequestListener } from "@hono/node-server";
import { v4 as uuid } from "uuid";
import type { Certificate, Closable, LocalEntra, PlatformContainer } from "../contracts.ts";
import type { Faults } from "../faults/fault.ts";
import { injectFaults } from "../faults/inject.ts";
import { closeServer, listen } from "../listen.ts";
import type { ChangeEvent } from "./completion.ts";
import { createImportApi } from "./import-api.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Finding, TaskResult, Window } from "./results.ts";
import type { TaskBook } from "./task-book.ts";
import { createTaskBook } from "./task-book.ts";

export type ImportServiceOptions = {
  certificate: Certificate;
  entra: LocalEntra;
  /** Audience of the tokens that open this service. */
  resource: string;
  mailbox: Mailbox;
  createContainer(name: string, sasExpires: Date): Promise<PlatformContainer>;
  /** The connector's application id, where it is known already; else `expectConnector`. */
  tokenAppId?: string;
  faults?: Faults | undefined;
};

/** One asking of a task: what goes into OnDownloadRequest, and what becomes of it. */
export type AskedTask = {
  taskId: string;
  sasUri: string;
  container: PlatformContainer;
  /** Resolves when the next completion of the task has been imported. */
  completed: Promise<TaskResult>;
};

export type ImportService = Closable & {
  /** `https://127.0.0.1:PORT/`: plays `https://webhook.ingestion.office.com/`. */
  url: string;
  expectConnector(appId: string): void;
  /** Makes a task, or asks an existing one again; a fresh container each time. */
  ask(task: { jobId: string; window: Window; taskId?: string }): Promise<AskedTask>;
  results(): TaskResult[];
  /** Calls that were refused, and all that was wrong with what was imported. */
  findings(): Finding[];
  changeEvents(): readonly ChangeEvent[];
};

export async function startImportService(options: ImportServiceOptions): Promise<ImportService> {
  const book = createTaskBook(options.mailbox);
  const refused: Finding[] = [];
  const events: ChangeEvent[] = [];
  let appId = options.tokenAppId;
  const { entra, resource } = options;
  const app = createImportApi({ entra, resource, book, refused, events, appId: () => appId });
  const { certificate } = options;
  const answer = getRequestListener(app.fetch);
  const server = createServer(
    { key: certificate.key, cert: certificate.cert },
    (incoming, outgoing) => void answer(incoming, outgoing),
  );
  injectFaults(server, options.faults, ({ method = "GET", url = "/" }) => ({
    service: "completion",
    method,
    path: new URL(url, "https://platform").pathname,
  }));
  const port = await listen(server);
  return {
    url: `https://127.0.0.1:${port}/`,
    expectConnector: (id) => (appId = id),
    ask: (task) => ask(task, options, book),
    results: () => book.results(),
    findings: () => [...refused, ...book.results().flatMap((result) => result.findings)],
    changeEvents: () => events,
    async close() {
      await book.settled();
      await closeServer(server);
    },
  };
}

/** Hours that a SAS is good for; unknown on the real platform [?]. */
const SAS_HOURS = 12;
const HOUR_MS = 3_600_000;

async function ask(
  { jobId, window, taskId = uuid() }: { jobId: string; window: Window; taskId?: string },
  options: ImportServiceOptions,
  book: TaskBook,
): Promise<AskedTask> {
  const expires = new Date(Date.now() + SAS_HOURS * HOUR_MS);
  const container = await options.createContainer(`ingest-${uuid()}`, expires);
  const completed = book.open({ jobId, taskId, window, container });
  return { taskId, sasUri: container.sasUri, container, completed };
}
