/**
 * Runs as a process of the site (its environment, nothing else) and tries what the identity may and
 * may not do. Argument: addresses as JSON. Prints JSON: name of the try -> "ok" or the error's code.
 */

import { ClientSecretCredential, ManagedIdentityCredential } from "@azure/identity";
import {
  BlobServiceClient,
  ContainerClient,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { QueueServiceClient } from "@azure/storage-queue";
import { z } from "zod";

const argument = z.object({
  blobUrl: z.string(),
  queueUrl: z.string(),
  packagesUrl: z.string(),
  otherClientId: z.string(),
  sasUri: z.string(),
  createOnlyUri: z.string(),
  authorityHost: z.string(),
  tenantId: z.string(),
  names: z.object({ records: z.string(), secrets: z.string(), work: z.string() }),
  registration: z.object({ clientId: z.string(), secret: z.string() }),
});

const given = argument.parse(JSON.parse(process.argv[2] ?? ""));
const identity = new ManagedIdentityCredential({ clientId: process.env["CLIENT_ID"] ?? "" });
const blobs = new BlobServiceClient(given.blobUrl, identity);
const records = blobs.getContainerClient(given.names.records);
const secrets = blobs.getContainerClient(given.names.secrets);
const evidence = blobs.getContainerClient("evidence");
const kept = blobs.getContainerClient("kept");
const packages = new BlobServiceClient(given.packagesUrl, identity);
const work = new QueueServiceClient(given.queueUrl, identity).getQueueClient(given.names.work);
const accountName = new URL(given.blobUrl).pathname.replaceAll("/", "");
const byKey = new BlobServiceClient(
  given.blobUrl,
  new StorageSharedKeyCredential(accountName, Buffer.alloc(64).toString("base64")),
);
const anonymous = new ContainerClient(`${given.blobUrl}${given.names.records}`);
const foreign = new ContainerClient(given.sasUri);
const createOnly = new ContainerClient(given.createOnlyUri);
const registered = new ClientSecretCredential(
  given.tenantId,
  given.registration.clientId,
  given.registration.secret,
  { authorityHost: given.authorityHost, disableInstanceDiscovery: true },
);

const TRIES: Record<string, () => Promise<unknown>> = {
  "writes its container": async () => records.getBlockBlobClient("a/b.json").upload("{}", 2),
  "reads its container": async () => records.getBlockBlobClient("a/b.json").downloadToBuffer(),
  "writes once": async () =>
    records.getBlockBlobClient("a/b.json").upload("{}", 2, { conditions: { ifNoneMatch: "*" } }),
  "lists its container": async () => records.listBlobsFlat().next(),
  "writes large blocks": async () =>
    records.getBlockBlobClient("large").uploadData(Buffer.alloc(9_000_000, 7), {
      blockSize: 4_000_000,
      maxSingleShotSize: 4_000_000,
    }),
  "reads large blobs": async () => {
    const { length } = await records.getBlockBlobClient("large").downloadToBuffer();
    if (length !== 9_000_000) {
      throw new Error(`${length} bytes`);
    }
  },
  "creates evidence": async () => evidence.getBlockBlobClient("a").upload("1", 1),
  "creates evidence that is there": async () =>
    evidence.getBlockBlobClient("a").upload("2", 1, { conditions: { ifNoneMatch: "*" } }),
  "overwrites evidence": async () => evidence.getBlockBlobClient("a").upload("2", 1),
  "stages a block of evidence": async () =>
    evidence.getBlockBlobClient("b").stageBlock("AAAA", "2", 1),
  "describes evidence": async () => evidence.getBlockBlobClient("a").setMetadata({ x: "y" }),
  "deletes evidence": async () => evidence.getBlockBlobClient("a").delete(),
  "reads evidence": async () => readAs(evidence, "a", "1"),
  "creates what is kept": async () => kept.getBlockBlobClient("a").upload("1", 1),
  "overwrites what is kept": async () => kept.getBlockBlobClient("a").upload("2", 1),
  "describes what is kept": async () => kept.getBlockBlobClient("a").setMetadata({ x: "y" }),
  "deletes what is kept": async () => kept.getBlockBlobClient("a").delete(),
  "reads what is kept": async () => readAs(kept, "a", "1"),
  "writes another container": async () => secrets.getBlockBlobClient("x").upload("x", 1),
  "lists another container": async () => secrets.listBlobsFlat().next(),
  "lists containers": async () => blobs.listContainers().next(),
  "creates a container": async () => blobs.createContainer("mine"),
  "reads a package": async () =>
    packages.getContainerClient("zips").getBlockBlobClient("app-0123.zip").getProperties(),
  "overwrites a package": async () =>
    packages.getContainerClient("zips").getBlockBlobClient("app-0123.zip").upload("x", 1),
  "sends and renews a message": async () => {
    await work.sendMessage("1", { messageTimeToLive: -1 });
    const [message] = (await work.receiveMessages()).receivedMessageItems;
    const { messageId = "", popReceipt = "" } = message ?? {};
    const renewed = await work.updateMessage(messageId, popReceipt, "1", 60);
    await work.deleteMessage(messageId, renewed.popReceipt ?? "");
  },
  "uses a shared key": async () => byKey.getContainerClient(given.names.records).getProperties(),
  "comes with nothing": async () => anonymous.getBlockBlobClient("a/b.json").downloadToBuffer(),
  "writes to the platform": async () => foreign.getBlockBlobClient("item").upload("x", 1),
  "creates for the platform": async () => createOnly.getBlockBlobClient("item").upload("x", 1),
  "overwrites for the platform": async () => createOnly.getBlockBlobClient("item").upload("y", 1),
  "reads from the platform": async () => foreign.getBlockBlobClient("item").downloadToBuffer(),
  "lists the platform": async () => foreign.listBlobsFlat().next(),
  "deletes from the platform": async () => foreign.getBlockBlobClient("item").delete(),
  "asks as an unknown identity": async () => ask("11111111-1111-1111-1111-111111111111"),
  "asks as an identity of others": async () => ask(given.otherClientId),
  "asks for another resource": async () =>
    ask(process.env["CLIENT_ID"] ?? "", "https://graph.microsoft.com"),
  "signs in as the registered app": async () =>
    registered.getToken("https://storage.azure.com/.default"),
  // By hand: the client reads the header once a process.
  "asks with a wrong header": async () => askByHand("wrong"),
  "asks with its header": async () => askByHand(process.env["IDENTITY_HEADER"] ?? ""),
};

const results: Record<string, string> = {};
for (const [name, attempt] of Object.entries(TRIES)) {
  results[name] = await attempt().then(() => "ok", codeOf);
}
process.stdout.write(JSON.stringify(results));

async function readAs(container: ContainerClient, name: string, expected: string): Promise<void> {
  const text = (await container.getBlockBlobClient(name).downloadToBuffer()).toString();
  if (text !== expected) {
    throw new Error(`it says ${text}`);
  }
}

/** Asks the endpoint unless this process already has a token for the resource: the client keeps them. */
async function ask(clientId: string, resource = "https://storage.azure.com"): Promise<unknown> {
  const retryOptions = { maxRetries: 0 };
  return new ManagedIdentityCredential({ clientId, retryOptions }).getToken(`${resource}/.default`);
}

async function askByHand(header: string): Promise<void> {
  const address = new URL(process.env["IDENTITY_ENDPOINT"] ?? "");
  address.searchParams.set("api-version", "2019-08-01");
  address.searchParams.set("resource", "https://vault.azure.net");
  address.searchParams.set("client_id", process.env["CLIENT_ID"] ?? "");
  const answer = await fetch(address, { headers: { "X-IDENTITY-HEADER": header } });
  if (!answer.ok) {
    throw new Error(await answer.text());
  }
}

/** The answer to HEAD has no body, so the code is in a header only. */
function codeOf(error: unknown): string {
  const known = z
    .looseObject({
      code: z.string().optional(),
      details: z.looseObject({ errorCode: z.string().optional() }).optional(),
      name: z.string(),
      message: z.string(),
    })
    .parse(error);
  return known.code ?? known.details?.errorCode ?? `${known.name}: ${known.message}`;
}
