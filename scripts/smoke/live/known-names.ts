/** What of a list of names may be repeated, and how many others there were. */
export type Known = { names: string[]; others: number };

const PATHS = new Set([
  "GET /setup/validate",
  "GET /job/iscreated",
  "DELETE /job/ondeleted",
  "GET /job/onremediation",
  "POST /data/ondownloadrequest",
]);

/** Of HTTP, of W3C Trace Context, of App Service's front ends, and of Microsoft's own clients. */
const HEADERS =
  /^(?:accept(?:-charset|-encoding|-language)?|authorization|cache-control|client-ip|client-request-id|connection|content-(?:encoding|length|type)|correlation-context|disguised-host|expect|forwarded|from|host|max-forwards|pragma|request-id|return-client-request-id|te|trace(?:parent|state)|transfer-encoding|upgrade|user-agent|via|was-default-hostname|x-arr-(?:log-id|ssl)|x-appservice-proto|x-client-(?:ip|port|sku|ver)|x-correlation-id|x-forwarded-(?:for|host|proto|tlsversion|port)|x-ms-(?:client-request-id|correlation-request-id|client-session-id|request-id|version|tenant-id|routing-request-id)|x-original-url|x-site-deployment-id|x-waws-unencoded-url|x-anchormailbox)$/;
const QUERIES = new Set(["jobid", "tenantid", "taskid", "remediationtype", "redirecturi", "state"]);
const MEMBERS = new Set(["jobid", "taskid", "starttime", "endtime", "dirtyentities", "blobsasuri"]);

export function knownPaths(call: string): string | undefined {
  return PATHS.has(call) ? call : undefined;
}

/** Each of these is a list of names with commas between. */
export function knownHeaders(lists: readonly string[]): Known {
  return known(lists, (name) => HEADERS.test(name));
}

export function knownQueries(lists: readonly string[]): Known {
  return known(lists, (name) => QUERIES.has(name.toLowerCase()));
}

export function knownMembers(lists: readonly string[]): Known {
  return known(lists, (name) => MEMBERS.has(name.toLowerCase()));
}

function known(lists: readonly string[], isKnown: (name: string) => boolean): Known {
  const all = new Set(lists.flatMap((list) => list.split(", ")).filter((name) => name !== ""));
  const names = [...all].filter(isKnown).toSorted();
  return { names, others: all.size - names.length };
}
