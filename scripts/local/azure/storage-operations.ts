/** A storage request as its address tells it. `path` is within the account, without a leading slash. */
export type StorageRequest = {
  service: "blob" | "queue";
  method: string;
  path: string;
  query: URLSearchParams;
};

/**
 * What a request needs: one of these actions (as role definitions name them, after
 * `Microsoft.Storage/storageAccounts/`) on a resource of the account (empty: the account itself).
 */
export type NeededRight = {
  anyOf: string[];
  on: string;
  /** What serves instead, where the blob is not there yet. */
  toCreate?: string[];
};

/**
 * The right that a data operation needs; undefined: no role gives it, or the operation is not
 * known here. Source: learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory,
 * "Permissions for calling blob and queue data operations".
 */
export function neededRight(request: StorageRequest): NeededRight | undefined {
  const [container, ...rest] = request.path.split("/").filter((part) => part !== "");
  const steps = request.service === "blob" ? BLOB_STEPS : QUEUE_STEPS;
  const level = container === undefined ? "service" : rest.length === 0 ? "container" : "item";
  const anyOf = steps[level](request, rest);
  const isPutBlob =
    level === "item" &&
    steps === BLOB_STEPS &&
    request.method === "PUT" &&
    !request.query.has("comp");
  return (
    anyOf && {
      anyOf,
      on: container === undefined ? "" : `${steps.parent}/${container}`,
      ...(isPutBlob && { toCreate: [`${BLOBS}/add/action`] }),
    }
  );
}

type Find = (request: StorageRequest, rest: string[]) => string[] | undefined;

type Steps = { parent: string; service: Find; container: Find; item: Find };

const CONTAINERS = "blobServices/containers";
const BLOBS = `${CONTAINERS}/blobs`;
const QUEUES = "queueServices/queues";
const MESSAGES = `${QUEUES}/messages`;

const BLOB_STEPS: Steps = {
  parent: "blobServices/default/containers",
  service: ({ method, query }) =>
    find(`${method} ${query.get("restype") ?? ""} ${query.get("comp") ?? ""}`, {
      "GET  list": [`${CONTAINERS}/read`],
      "GET service properties": ["blobServices/read"],
      "GET service stats": ["blobServices/read"],
      "PUT service properties": ["blobServices/write"],
      "POST service userdelegationkey": ["blobServices/generateUserDelegationKey/action"],
    }),
  container: ({ method, query }) =>
    // Without restype the path names a blob of the container $root.
    query.get("restype") === "container"
      ? find(`${method} ${query.get("comp") ?? ""}`, {
          "PUT ": [`${CONTAINERS}/write`],
          "GET ": [`${CONTAINERS}/read`],
          "HEAD ": [`${CONTAINERS}/read`],
          "DELETE ": [`${CONTAINERS}/delete`],
          "GET metadata": [`${CONTAINERS}/read`],
          "HEAD metadata": [`${CONTAINERS}/read`],
          "PUT metadata": [`${CONTAINERS}/write`],
          "PUT lease": [`${CONTAINERS}/write`],
          "GET list": [`${BLOBS}/read`],
        })
      : undefined,
  item: ({ method, query }) => blobActions(method, query.get("comp") ?? ""),
};

function blobActions(method: string, step: string): string[] | undefined {
  if (step === "tags") {
    return method === "GET" ? [`${BLOBS}/tags/read`] : [`${BLOBS}/tags/write`];
  }
  const writes = ["", "metadata", "properties", "lease", "tier", "undelete", "block", "blocklist"];
  if (method === "PUT" && [...writes, "page"].includes(step)) {
    return [`${BLOBS}/write`];
  }
  if (method === "PUT" && ["appendblock", "snapshot", "seal"].includes(step)) {
    return [`${BLOBS}/write`, `${BLOBS}/add/action`];
  }
  if ((method === "GET" || method === "HEAD") && ["", "metadata", "blocklist"].includes(step)) {
    return [`${BLOBS}/read`];
  }
  return method === "DELETE" && step === "" ? [`${BLOBS}/delete`] : undefined;
}

const QUEUE_STEPS: Steps = {
  parent: "queueServices/default/queues",
  service: ({ method, query }) =>
    find(`${method} ${query.get("restype") ?? ""} ${query.get("comp") ?? ""}`, {
      "GET  list": [`${QUEUES}/read`],
      "GET service properties": ["queueServices/read"],
      "GET service stats": ["queueServices/read"],
      "PUT service properties": ["queueServices/write"],
    }),
  container: ({ method, query }) =>
    find(`${method} ${query.get("comp") ?? ""}`, {
      "PUT ": [`${QUEUES}/write`],
      "DELETE ": [`${QUEUES}/delete`],
      "GET metadata": [`${QUEUES}/read`],
      "HEAD metadata": [`${QUEUES}/read`],
      "PUT metadata": [`${QUEUES}/write`],
    }),
  item: ({ method, query }, rest) =>
    rest[0] === "messages"
      ? messageActions(`${method} ${rest.length}`, query.get("peekonly") === "true")
      : undefined,
};

/** `operation`: method and number of path steps; two steps name one message. */
function messageActions(operation: string, peek: boolean): string[] | undefined {
  return find(operation, {
    "GET 1": peek ? [`${MESSAGES}/read`] : [`${MESSAGES}/process/action`],
    "POST 1": [`${MESSAGES}/add/action`, `${MESSAGES}/write`],
    "DELETE 1": [`${MESSAGES}/delete`],
    // Update Message: extending visibility is a write, which a Message Processor does not have.
    "PUT 2": [`${MESSAGES}/write`],
    "DELETE 2": [`${MESSAGES}/process/action`, `${MESSAGES}/delete`],
  });
}

function find(key: string, table: Record<string, string[]>): string[] | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
