import pMap from "p-map";
import type { Completion, ItemMetadata } from "./completion.ts";
import { compareVersion, findRepeated } from "./completion.ts";
import type { Item } from "./item.ts";
import { parseItem } from "./item.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Finding, Task, TaskResult } from "./results.ts";
import { toAcceptedItem } from "./results.ts";

export type Import = Pick<TaskResult, "accepted" | "duplicates" | "alreadyThere" | "findings">;

/**
 * Imports what a completion of status 0 lists: reads each file from the task's container, checks
 * it, and puts what is right into the mailbox. Everything else becomes a finding.
 */
export async function importCompletion(
  task: Task,
  completion: Completion,
  mailbox: Mailbox,
): Promise<Import> {
  const folder = `${task.jobId}/${task.taskId}/`;
  const files = new Set((await task.container.list()).map(({ name }) => name));
  const repeated = findRepeated(completion.itemMetadata);
  const rows = completion.itemMetadata.filter((row) => !repeated.includes(row));
  const outcome: Import = {
    accepted: [],
    duplicates: 0,
    alreadyThere: 0,
    findings: [
      ...repeated.map((row) => refuse(task, row, "is listed twice in one completion")),
      ...findUnlisted(task, files, completion),
    ],
  };
  for (const chunk of chunks(rows, CHUNK_ITEMS)) {
    const read = (row: (typeof chunk)[number]) =>
      readItem(task, row, files.has(folder + row.fileName));
    for (const result of await pMap(chunk, read, { concurrency: READERS })) {
      await importItem({ task, mailbox, outcome, ...result });
    }
  }
  return outcome;
}

/** At most this many files are held in memory at once: 16 of 10 MB. */
const CHUNK_ITEMS = 16;
const READERS = 4;

type Read = { row: ItemMetadata; item?: Item; problems: string[] };

async function readItem(task: Task, row: ItemMetadata, exists: boolean): Promise<Read> {
  const name = `${task.jobId}/${task.taskId}/${row.fileName}`;
  if (!exists) {
    return { row, problems: [`is listed, but the container has no ${name}`] };
  }
  const { item, problems } = parseItem(await task.container.read(name));
  if (item === undefined) {
    return { row, problems };
  }
  const same = item.Id === row.id;
  return { row, item, problems: same ? [] : [`the item's Id is ${item.Id}, listed as ${row.id}`] };
}

type Step = Read & { task: Task; mailbox: Mailbox; outcome: Import };

async function importItem({ task, mailbox, outcome, row, item, problems }: Step): Promise<void> {
  if (item === undefined || problems.length > 0) {
    outcome.findings.push(...problems.map((what) => refuse(task, row, what)));
    return;
  }
  const { modificationTimestampUtc } = row;
  const version = compareVersion(modificationTimestampUtc, mailbox.versions(item.Id));
  if (version === "duplicate") {
    const isEarlier = mailbox.meetEarlier(item.Id, modificationTimestampUtc);
    outcome[isEarlier ? "alreadyThere" : "duplicates"] += 1;
  } else if (version === "outdated") {
    const what = `version of ${modificationTimestampUtc} is older than one in the mailbox`;
    outcome.findings.push(refuse(task, row, what));
  } else {
    const mail = await mailbox.add(item, modificationTimestampUtc);
    const { taskId } = task;
    outcome.accepted.push(toAcceptedItem(item, { taskId, modificationTimestampUtc, mail }));
  }
}

/**
 * Only files that the completion names are imported: a file that it forgets would be lost. Where nobody
 * may overwrite, a post may have a second file, and that one is named.
 */
function findUnlisted(task: Task, files: Set<string>, { itemMetadata }: Completion): Finding[] {
  const folder = `${task.jobId}/${task.taskId}/`;
  const listed = new Set(itemMetadata.map(({ fileName }) => folder + fileName));
  const { searchParams } = new URL(task.container.sasUri);
  const mayOverwrite = searchParams.get("sp")?.includes("w") ?? false;
  const replaced = mayOverwrite ? new Set() : new Set([...listed].flatMap(firstNames));
  return [...files]
    .filter((name) => !listed.has(name) && !replaced.has(name))
    .map((name) => ({
      taskId: task.taskId,
      fileName: name,
      what: name.startsWith(folder)
        ? "unlisted file: it is in the container, but the completion does not name it"
        : `stray file: it does not lie in ${folder}`,
    }));
}

/** The names that a file may be the second one of: `7-b-c.json` of `7-b.json`, or of `7.json`. */
function firstNames(name: string): string[] {
  const parts = name.split("-");
  return parts.slice(1).map((_, index) => `${parts.slice(0, index + 1).join("-")}.json`);
}

function refuse({ taskId }: Task, { id, fileName }: ItemMetadata, what: string): Finding {
  return { postId: id, fileName, taskId, what };
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}
