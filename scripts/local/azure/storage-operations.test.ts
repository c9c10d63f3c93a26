import { expect, test } from "vitest";

import { neededRight } from "./storage-operations.ts";

const BLOBS = "blobServices/containers/blobs";
const MESSAGES = "queueServices/queues/messages";
const ON_C = "blobServices/default/containers/c";
const ON_Q = "queueServices/default/queues/q";

test.each([
  ["blob", "GET /?comp=list", "", ["blobServices/containers/read"]],
  ["blob", "PUT /c?restype=container", ON_C, ["blobServices/containers/write"]],
  ["blob", "HEAD /c?restype=container", ON_C, ["blobServices/containers/read"]],
  ["blob", "DELETE /c?restype=container", ON_C, ["blobServices/containers/delete"]],
  ["blob", "GET /c?restype=container&comp=list&prefix=a", ON_C, [`${BLOBS}/read`]],
  ["blob", "PUT /c/a?comp=block&blockid=x", ON_C, [`${BLOBS}/write`]],
  ["blob", "PUT /c/a?comp=appendblock", ON_C, [`${BLOBS}/write`, `${BLOBS}/add/action`]],
  ["blob", "PUT /c/a?comp=lease", ON_C, [`${BLOBS}/write`]],
  ["blob", "GET /c/a", ON_C, [`${BLOBS}/read`]],
  ["blob", "HEAD /c/a", ON_C, [`${BLOBS}/read`]],
  ["blob", "DELETE /c/a", ON_C, [`${BLOBS}/delete`]],
  ["blob", "PUT /c/a?comp=tags", ON_C, [`${BLOBS}/tags/write`]],
  ["queue", "GET /?comp=list", "", ["queueServices/queues/read"]],
  ["queue", "PUT /q", ON_Q, ["queueServices/queues/write"]],
  ["queue", "GET /q?comp=metadata", ON_Q, ["queueServices/queues/read"]],
  ["queue", "POST /q/messages", ON_Q, [`${MESSAGES}/add/action`, `${MESSAGES}/write`]],
  ["queue", "GET /q/messages?numofmessages=8", ON_Q, [`${MESSAGES}/process/action`]],
  ["queue", "GET /q/messages?peekonly=true", ON_Q, [`${MESSAGES}/read`]],
  ["queue", "PUT /q/messages/1?popreceipt=x", ON_Q, [`${MESSAGES}/write`]],
  ["queue", "DELETE /q/messages/1", ON_Q, [`${MESSAGES}/process/action`, `${MESSAGES}/delete`]],
  ["queue", "DELETE /q/messages", ON_Q, [`${MESSAGES}/delete`]],
] as const)("%s %s needs a right on '%s': %j", (service, line, on, anyOf) => {
  expect(neededRight(toRequest(service, line))).toEqual({ on, anyOf });
});

test("a blob that is put in one piece needs less where it is only created", () => {
  expect(neededRight(toRequest("blob", "PUT /c/a/b.json"))).toEqual({
    on: ON_C,
    anyOf: [`${BLOBS}/write`],
    toCreate: [`${BLOBS}/add/action`],
  });
});

test.each([
  ["blob", "PUT /c?restype=container&comp=acl"],
  ["blob", "GET /c?comp=list"],
  ["blob", "POST /c/a?comp=query"],
  ["blob", "PUT /c/a?comp=legalhold"],
  ["queue", "PUT /q?comp=acl"],
  ["queue", "GET /q/other"],
] as const)("no role of those that are known gives %s %s", (service, line) => {
  expect(neededRight(toRequest(service, line))).toBeUndefined();
});

function toRequest(service: "blob" | "queue", line: string) {
  const [method = "", address = ""] = line.split(" ");
  const url = new URL(address, "https://account");
  return { service, method, path: url.pathname.slice(1), query: url.searchParams };
}
