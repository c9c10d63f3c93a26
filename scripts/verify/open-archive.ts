import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DefaultAzureCredential } from "@azure/identity";
import { z } from "zod";
import { createArchiveContainer, createAzureStore } from "../../app/archive/azure-store.ts";
import type { Store } from "../../app/archive/store.ts";
import { startAzurite } from "../local/azure/azurite.ts";
import { blobClientByKey, trustIn } from "../local/azure/key-clients.ts";
import { createCertificate } from "../local/certificate.ts";
import { MendableError } from "../checks/check.ts";
import { createPulumi } from "../stack/pulumi.ts";
import { readOutputsOf } from "../stack/read-outputs.ts";
import type { VerifyOptions } from "./options.ts";

export type Archive = AsyncDisposable & { store: Store };

const CONTAINER = "archive";
const REMEDY = "Name the folder of one npm run local -- --once --keep DIR that has ended";

/** Opens an archive to be read: nothing that comes of this writes to it. */
export async function openArchive(options: VerifyOptions): Promise<Archive> {
  if (options.kept !== undefined) {
    return openKept(options.kept);
  }
  const url = options.archive ?? (await archiveUrlOf(options.outputs));
  const container = createArchiveContainer(url, new DefaultAzureCredential());
  return {
    store: readOnly(createAzureStore(container)),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

const archiveSchema = z.object({ archiveUrl: z.string() });

/** Where the archive of a stack is: of the selected one, or of the one whose outputs a file has. */
async function archiveUrlOf(file: string | undefined): Promise<string> {
  const from = { file, pulumi: createPulumi() };
  const words = { what: "archive", otherwise: "--archive" };
  const { archiveUrl } = await readOutputsOf(archiveSchema, from, words);
  return archiveUrl;
}

/** Starts Azurite on what a run of the local system has left of its own. */
async function openKept(kept: string): Promise<Archive> {
  await using opened = new AsyncDisposableStack();
  const directory = join(kept, "azurite");
  const account = { name: await accountOf(directory), key: randomBytes(64).toString("base64") };
  const temporary = await mkdtemp(join(tmpdir(), "verify-"));
  opened.defer(() => rm(temporary, { recursive: true, force: true }));
  const certificate = await createCertificate(temporary);
  const azurite = await startAzurite({ certificate, directory, accounts: [account], keep: true });
  opened.defer(() => azurite.close());
  const client = blobClientByKey({ azurite, trust: await trustIn(certificate) }, account);
  const store = readOnly(createAzureStore(client.getContainerClient(CONTAINER)));
  const parts = opened.move();
  return { store, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

const databaseSchema = z.object({
  collections: z.array(z.object({ name: z.string(), data: z.array(z.unknown()) })),
});
const containerSchema = z.object({ accountName: z.string(), name: z.literal(CONTAINER) });

/** Azurite notes in its database whose the containers are; keys are given to it anew each time. */
async function accountOf(directory: string): Promise<string> {
  const file = join(directory, "__azurite_db_blob__.json");
  const text = await readFile(file, "utf8").catch(() => {
    throw new MendableError(`${directory} holds no archive`, REMEDY);
  });
  const { collections } = databaseSchema.parse(JSON.parse(text));
  const containers = collections
    .flatMap(({ data }) => data)
    .flatMap((one) => containerSchema.safeParse(one).data ?? []);
  const [container, ...others] = containers;
  if (!container || others.length > 0) {
    throw new MendableError(
      `${directory} holds ${containers.length} archives, and not one`,
      REMEDY,
    );
  }
  return container.accountName;
}

function readOnly(store: Store): Store {
  const refuse = async () => {
    throw new Error("Verifying changes nothing");
  };
  const writes = { create: refuse, createStream: refuse, put: refuse, putStream: refuse };
  return { ...store, ...writes, replace: refuse, remove: refuse };
}
