import { chance, type Decide } from "./draw-faults.ts";
import type { Fault, Service, Vocabulary } from "./fault.ts";

/** Which calls a fault strikes. */
export type NamedFault = {
  service: Service;
  fault: Fault;
  method?: string;
  path?: RegExp;
  isFurtherPage?: boolean;
  /** As long as it is played, and for all that is asked in the vocabulary that it meets first. */
  holds?: boolean;
  /** What the SAS of a container allows while the fault is played. Default: `w`. */
  sasPermissions?: string;
};

/** Timelines of every kind, and posts by their ids. */
const POSTS = /\/(?:tweets|mentions)$/;
const TIMELINE = /\/users\/\d+\/(?:tweets|mentions)$/;

export const NAMED_FAULTS: Record<string, NamedFault> = {
  "x-unavailable": { service: "x", fault: "unavailable", path: POSTS },
  "x-answer-cut": { service: "x", fault: "halved", path: POSTS },
  "x-empty-page": { service: "x", fault: "emptied", path: POSTS, isFurtherPage: true },
  "x-empty-window": {
    service: "x",
    fault: "emptied",
    path: TIMELINE,
    isFurtherPage: false,
  },
  "x-rate-limited": { service: "x", fault: "rate-limited", path: POSTS },
  "x-rate-limited-late": { service: "x", fault: "rate-limited-late", path: POSTS },
  "x-unauthorized": { service: "x", fault: "unauthorized", path: POSTS },
  "x-not-found": { service: "x", fault: "not-found", path: POSTS },
  "x-foreign-page": { service: "x", fault: "foreign", path: POSTS },
  "x-fields-refused": { service: "x", fault: "fields-refused", path: POSTS },
  "x-vocabulary-closed": held("fields-refused"),
  "x-fields-ignored": held("fields-ignored"),
  "x-note-ignored": held("note-ignored"),
  "x-references-ignored": held("references-ignored"),
  "x-versions-ignored": held("versions-ignored"),
  "x-credits-spent": { service: "x", fault: "credits-spent", path: POSTS },
  "x-omits-posts": { service: "x", fault: "omits-posts", path: POSTS },
  "x-refuses-own-post": { service: "x", fault: "refuses-newest", path: TIMELINE },
  "media-unavailable": { service: "media", fault: "unavailable" },
  "media-cut": { service: "media", fault: "halved" },
  "entra-unavailable": { service: "entra", fault: "unavailable", method: "POST" },
  "identity-unavailable": { service: "identity", fault: "unavailable" },
  "archive-unavailable": { service: "archive", fault: "unavailable", method: "PUT" },
  "archive-answer-lost": { service: "archive", fault: "lost", method: "PUT" },
  "queue-unavailable": { service: "queue", fault: "unavailable" },
  "message-lost": { service: "queue", fault: "forgotten", method: "POST" },
  "upload-unavailable": { service: "upload", fault: "unavailable" },
  "upload-answer-lost": { service: "upload", fault: "lost" },
  "create-only-answer-lost": onceOnly("lost", "c"),
  "create-only-answer-lost-list": onceOnly("lost", "cl"),
  "create-only-answer-lost-read": onceOnly("lost", "rcl"),
  "create-only-killed": onceOnly("kill-after", "c"),
  "create-only-killed-read": onceOnly("kill-after", "rc"),
  "sas-revoked": { service: "upload", fault: "forbidden" },
  "completion-unavailable": { service: "completion", fault: "unavailable" },
  "completion-answer-lost": { service: "completion", fault: "lost" },
  "killed-before-page": killed("kill-before", /\/pages\//),
  "killed-after-page": killed("kill-after", /\/pages\//),
  "killed-before-coverage": killed("kill-before", /coverage\.json$/),
  "killed-after-coverage": killed("kill-after", /coverage\.json$/),
  "killed-before-upload": { service: "upload", fault: "kill-before" },
  "killed-after-upload": { service: "upload", fault: "kill-after" },
  "killed-before-manifest": killed("kill-before", /manifest/),
  "killed-after-manifest": killed("kill-after", /manifest/),
  "killed-before-completion": { service: "completion", fault: "kill-before" },
  "killed-after-completion": { service: "completion", fault: "kill-after" },
};

/** Only a process that is new asks for tokens; it keeps them for an hour. */
export function needsNewProcess({ service }: NamedFault): boolean {
  return service === "entra" || service === "identity";
}

/** What is lost is missed after a while: an hour, which is a few seconds where faults are played. */
export function needsShortWaits({ fault }: NamedFault): boolean {
  return fault === "forgotten";
}

/** Once more than a single retry would mend, or than a storage client's own; but a process dies once. */
export function timesOf({ service, fault, holds }: NamedFault): number {
  if (holds) {
    return Number.POSITIVE_INFINITY;
  }
  if (fault === "kill-before" || fault === "kill-after") {
    return 1;
  }
  if (fault === "forgotten") {
    return 2;
  }
  // Hours of it: more than the tries of a task.
  if (fault === "not-found") {
    return 14;
  }
  return service === "archive" || service === "queue" ? 4 : 2;
}

/** X closes one of its two vocabularies for good, in one way or another (docs/x-api.md#field-names). */
function held(fault: Fault): NamedFault {
  return { service: "x", fault, path: /\/(?:tweets(?:\/search\/all)?|mentions)$/, holds: true };
}

/** While items are uploaded with a SAS that may create and not overwrite. */
function onceOnly(fault: "lost" | "kill-after", sasPermissions: string): NamedFault {
  return { service: "upload", fault, method: "PUT", sasPermissions };
}

/** Killed while it writes a part of the archive; that it looks for it first is another matter. */
function killed(fault: "kill-before" | "kill-after", path: RegExp): NamedFault {
  return { service: "archive", fault, method: "PUT", path };
}

/** Draws for a seed what X holds against one of its vocabularies throughout; for some, nothing. */
export function drawHeld(seed: number): Decide {
  const all = Object.values(NAMED_FAULTS).filter(({ holds }) => holds);
  const drawn = all[Math.floor(chance(`${seed} held`) * (all.length + 2))];
  return drawn ? strike(drawn, timesOf(drawn)) : () => undefined;
}

/** Strikes the first `times` calls that a named fault is about. */
export function strike(
  { service, fault, method, path, isFurtherPage, holds = false }: NamedFault,
  times: number,
): Decide {
  let left = times;
  let closed: Vocabulary | undefined;
  return (call) => {
    closed ??= holds ? call.vocabulary : undefined;
    const matches =
      call.service === service &&
      (method === undefined || call.method === method) &&
      (path === undefined || path.test(call.path)) &&
      (isFurtherPage === undefined || isFurtherPage === call.isFurtherPage) &&
      (!holds || (closed !== undefined && closed === call.vocabulary));
    if (!matches || left === 0) {
      return undefined;
    }
    left -= 1;
    return fault;
  };
}
