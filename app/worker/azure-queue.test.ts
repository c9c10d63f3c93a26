import { AnonymousCredential } from "@azure/storage-queue";
import { describe, expect, it, onTestFinished } from "vitest";
import { SILENCES, startSilentServer } from "../testing/silent-server.ts";
import { createAzureQueue, type WorkQueue } from "./queue.ts";

const TIMEOUT_MS = 150;
const SOON_MS = 3_000;
const MESSAGE = { jobId: "job-1", taskId: "task-1" };

function createQueue(url: string): WorkQueue {
  const urls = { workUrl: `${url}/account/work`, poisonUrl: `${url}/account/poison` };
  return createAzureQueue(urls, new AnonymousCredential(), { timeoutMs: TIMEOUT_MS });
}

describe.each(Object.entries(SILENCES))("A queue that %s", (_title, answer) => {
  it.each<[string, (queue: WorkQueue) => Promise<unknown>]>([
    ["send", (queue) => queue.send(MESSAGE)],
    ["receive", (queue) => queue.receive(1, 1000)],
  ])("keeps nobody waiting for ever: %s", async (_name, call) => {
    const server = await startSilentServer(answer);
    onTestFinished(() => server.close());
    await expectSoon(() => call(createQueue(server.url)));
  });
});

it.each<[string, (lease: Awaited<ReturnType<WorkQueue["receive"]>>[number]) => Promise<void>]>([
  ["renew", (lease) => lease.renew(1000)],
  ["release", (lease) => lease.release(0)],
  ["finish", (lease) => lease.finish()],
  ["poison", (lease) => lease.poison("test")],
])("A queue that falls silent keeps nobody who has a lease waiting: %s", async (_name, call) => {
  const server = await startSilentServer((response, request) => {
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "application/xml" }).end(ONE_MESSAGE);
    }
  });
  onTestFinished(() => server.close());
  const [lease] = await createQueue(server.url).receive(1, 1000);
  expect(lease?.message).toEqual(MESSAGE);
  await expectSoon(async () => lease && (await call(lease)));
});

const ONE_MESSAGE = `<?xml version="1.0" encoding="utf-8"?><QueueMessagesList><QueueMessage>
<MessageId>1</MessageId><InsertionTime>Mon, 01 Jun 2026 12:00:00 GMT</InsertionTime>
<ExpirationTime>Fri, 31 Dec 9999 23:59:59 GMT</ExpirationTime><PopReceipt>p</PopReceipt>
<TimeNextVisible>Mon, 01 Jun 2026 12:02:00 GMT</TimeNextVisible><DequeueCount>1</DequeueCount>
<MessageText>${JSON.stringify(MESSAGE).replaceAll('"', "&quot;")}</MessageText>
</QueueMessage></QueueMessagesList>`;

async function expectSoon(call: () => Promise<unknown>): Promise<void> {
  const started = performance.now();
  await expect(call()).rejects.toThrow(/abort|timed? ?out/i);
  expect(performance.now() - started).toBeLessThan(SOON_MS);
}
