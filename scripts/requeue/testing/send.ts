/** Puts a text into a queue as whoever runs it: `node send.ts QUEUE-URL TEXT`. */
import { DefaultAzureCredential } from "@azure/identity";
import { QueueClient } from "@azure/storage-queue";

const [queueUrl = "", text = ""] = process.argv.slice(2);
await new QueueClient(queueUrl, new DefaultAzureCredential()).sendMessage(text);
