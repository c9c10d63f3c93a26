import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DefaultAzureCredential } from "@azure/identity";
import { z } from "zod";
import { createArchiveContainer, createAzureStore } from "../../app/archive/azure-store.ts";
import type { Store } from "../../app/archive/store.ts";
import { claimFolder } from "../local/claim-folder.ts";
import { startAzurite } from "../local/azure/azurite.ts";
import { blobClientByKey, trustIn } from "../local/azure/key-clients.ts";
import { createCertificate } from "../local/certificate.ts";
import { MendableError } from "../checks/check.ts";
import { createPulumi } from "../stack/pulumi.ts";
import { readOutputsOf } from "../stack/read-outputs.ts";

export type Where = {
  archive?: string | undefined;
  outputs?: string | undefined;
  kept?: string | undefined;
};
export type Archive = AsyncDisposable & { store: Store };

const REMEDY = "Name the folder of one npm run local -- --once --keep DIR that has ended";

/** Opens an archive for reading only. */
export async function openArchive(options: Where): Promise<Archive> {
  if (options.kept !== undefined) {
    return openKept(options.kept);
  }
  const url = (options.archive ?? (await archiveUrlOf(options.outputs))).replace(/\/$/, "");
  const credential = new DefaultAzureCredential();
  const containers = {
    evidence: createArchiveContainer(`${url}/evidence`, credential),
    state: createArchiveContainer(`${url}/state`, credential),
  };
  return {
    store: readOnly(createAzureStore(containers)),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

const archiveSchema = z.object({ archiveUrl: z.string() });

/** Address of a stack's archive: of the selected stack, or of the one whose outputs are in a file. */
async function archiveUrlOf(file: string | undefined): Promise<string> {
  const from = { file, pulumi: createPulumi() };
  const words = { what: "archive", otherwise: "--archive" };
  const { archiveUrl } = await readOutputsOf(archiveSchema, from, words);
  return archiveUrl;
}

/** Starts Azurite on the files that a run of the local system kept. */
async function openKept(kept: string): Promise<Archive> {
  await using opened = new AsyncDisposableStack();
  const directory = join(kept, "azurite");
  const account = { name: await accountOf(kept), key: randomBytes(64).toString("base64") };
  opened.use(await claimFolder(kept));
  const temporary = await mkdtemp(join(tmpdir(), "verify-"));
  opened.defer(() => rm(temporary, { recursive: true, force: true }));
  const certificate = await createCertificate(temporary);
  const azurite = await startAzurite({ certificate, directory, accounts: [account], keep: true });
  opened.defer(() => azurite.close());
  const client = blobClientByKey({ azurite, trust: await trustIn(certificate) }, account);
  const containers = {
    evidence: client.getContainerClient("evidence"),
    state: client.getContainerClient("state"),
  };
  const store = readOnly(createAzureStore(containers));
  const parts = opened.move();
  return { store, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

/** The account of the folder's newest run; each run creates one with a new key. */
async function accountOf(kept: string): Promise<string> {
  const url = await archiveUrlOf(join(kept, "outputs.json")).catch((cause: unknown) => {
    throw new MendableError(`${kept} holds no archive`, REMEDY, { cause });
  });
  const [, account = ""] = new URL(url).pathname.split("/");
  return account;
}

function readOnly(store: Store): Store {
  const refuse = async () => {
    throw new Error("Verifying changes nothing");
  };
  const writes = { create: refuse, createStream: refuse, put: refuse };
  return { ...store, ...writes, replace: refuse, remove: refuse };
}
