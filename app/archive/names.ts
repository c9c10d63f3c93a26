const EVIDENCE = "evidence/";

/** One feed of one job: what is read of it lies in a folder of its own. */
export type FeedKey = { jobId: string; feed: { name: string } };
/** One record, by the name of its feed and its id there: `feed/id`. */
export type RecordKey = { feed: string; id: string };

export function keyOf({ feed, id }: RecordKey): string {
  return `${feed}/${id}`;
}

/**
 * Where everything lies in the archive: what is written once and proves something under `evidence/`,
 * what changes under the other folders. The first is a container of its own (`placeOf`), so that it can
 * be protected from every change. Ids of the platform are opaque: they are percent-encoded, so that none can name a blob of
 * another job. Jobs have a folder of their records alone: it is listed, whatever years of work lie beside.
 */
export const names = {
  account: (accountId: string) => `accounts/${encode(accountId)}.json`,
  signIn: (digest: string) => `sign-ins/${digest}.json`,
  /** Beside what is sent to X: both mean nothing any more within a day, and are deleted then. */
  endedSession: (id: string) => `sign-ins/ended-${encode(id)}.json`,
  /** Which names X takes for what it gives of a post. */
  vocabulary: () => "x/vocabulary.json",
  jobs: () => "jobs/",
  job: (jobId: string) => `jobs/${encode(jobId)}.json`,
  coverage: (of: FeedKey) => `${feedFolder(of)}coverage.json`,
  schedule: (jobId: string) => `${folder(jobId)}capture-schedule.json`,
  /** How many posts X said that the account has. */
  count: (of: FeedKey) => `${feedFolder(of)}count.json`,
  estimate: (jobId: string) => `${folder(jobId)}estimate.json`,
  /** Apart from the jobs' folders: what all jobs have read in a month is summed up before each read. */
  readsOfMonth: (month: string) => `reads/${month}/`,
  reads: (month: string, jobId: string) => `reads/${month}/${encode(jobId)}.json`,
  everyCapture: (of: FeedKey) => `${feedEvidence(of)}captures/`,
  /** What was read of the timeline: one capture, or all of a day. */
  captures: (of: FeedKey, captureId: string) => `${feedEvidence(of)}captures/${captureId}/`,
  evidenceOf: (of: FeedKey) => feedEvidence(of),
  /** In which stored answer a user is described. */
  knownUser: (of: FeedKey, userId: string) => `${feedFolder(of)}users/${encode(userId)}.json`,
  /** How the captures of a feed get on. */
  feedRun: (of: FeedKey) => `${feedFolder(of)}run.json`,
  snapshot: (of: FeedKey) => `${feedFolder(of)}snapshot.json`,
  /** What X said at a time, `20260601T120000Z`, of which only the present is to be had. */
  snapshotAnswer: (of: FeedKey, time: string) => `${feedEvidence(of)}${time}/pages/000001.json`,
  snapshotVersions: (of: FeedKey) => `${feedEvidence(of)}versions/`,
  snapshotVersion: (of: FeedKey, number: number) =>
    `${feedEvidence(of)}versions/${String(number).padStart(6, "0")}.json`,
  /** Verbatim response bodies of X, in the order in which they were read. */
  capturePages: (of: FeedKey, captureId: string) =>
    `${feedEvidence(of)}captures/${captureId}/pages/`,
  /** What the posts of a stored page show and X did not send along. */
  context: (page: string, number: number) =>
    page.replace(/\/pages\/(\d+)\.json$/, `/context/$1-${number}.json`),
  /** Answers to the same question that contradict themselves, or the one that stands. */
  doubted: (answer: string, number: number) =>
    answer.replace(/\/(pages|proof)\/(.+)\.json$/, `/doubted/$1/$2-${number}.json`),
  /** Further answers of X that prove that nothing of an interval is out of its reach. */
  captureProof: (of: FeedKey, captureId: string, probe: string) =>
    `${feedEvidence(of)}captures/${captureId}/proof/${probe}.json`,
  captureProofPages: (of: FeedKey, captureId: string, probe: string) =>
    `${feedEvidence(of)}captures/${captureId}/proof/${probe}/`,
  /** A task that asks for something else under its old id asks a further question. */
  lookupPages: (jobId: string, taskId: string, question = 1) =>
    `${evidence(jobId)}${taskFolder(taskId)}lookup${suffix(question)}/pages/`,
  /** Which of the posts that a task names X is asked for. */
  lookupIds: (jobId: string, taskId: string, question = 1) =>
    `${evidence(jobId)}${taskFolder(taskId)}lookup${suffix(question)}/ids.json`,
  /** How many posts that the archive does not know were asked for by name on a UTC day, `2026-06-01`. */
  unknownIds: (jobId: string, day: string) => `${folder(jobId)}unknown-ids/${day}.json`,
  /** Answers to a question that was asked again later, for posts that a stored page named in vain. */
  askedAgainPages: (of: FeedKey, page: string, time: number, what: "missing" | "showing") =>
    `${feedEvidence(of)}again/${encode(page.slice(evidence(of.jobId).length))}/${time}-${what}/pages/`,
  page: (pages: string, number: number) => `${pages}${String(number).padStart(6, "0")}.json`,
  everyMedium: (jobId: string) => `${evidence(jobId)}media/`,
  media: (jobId: string, mediaKey: string, file: string) =>
    `${evidence(jobId)}media/${encode(mediaKey)}/${encode(file)}`,
  /** What shows that blobs can be written: no job's id begins with a dot here. */
  writableState: () => "checks/writable.txt",
  writableEvidence: (day: string) => `${EVIDENCE}.checks/${day}.txt`,
  /** An answer that cannot be used, beside the place of the one that can; `digest` is of its bytes. */
  rejected: (page: string, digest: string) =>
    page.replace(/\/(?:pages|proof|context)\//, "/rejected/").replace(/\.json$/, `-${digest}.json`),
  /** What X did not hand out and is to be asked for again, by the stored page that names it. */
  missingPosts: (of: FeedKey) => `${feedFolder(of)}missing/`,
  missingPostsOf: (of: FeedKey, page: string) =>
    `${feedFolder(of)}missing/${encode(page.slice(evidence(of.jobId).length))}.json`,
  outbox: (jobId: string) => `${folder(jobId)}outbox/`,
  outboxEntry: (jobId: string, { feed, id }: RecordKey) =>
    `${folder(jobId)}outbox/${feed}/${encode(id)}.json`,
  outboxCarrier: (jobId: string) => `${folder(jobId)}outbox-carrier.json`,
  /** Items of a UTC day, `2026-06-01`. */
  ledger: (jobId: string, day: string) => `${folder(jobId)}ledger/${day}.json`,
  ledgers: (jobId: string) => `${folder(jobId)}ledger/`,
  answered: (jobId: string) => `${folder(jobId)}answered.json`,
  evidenceOfTasks: (jobId: string) => `${evidence(jobId)}tasks/`,
  task: (jobId: string, taskId: string) => `${folder(jobId)}tasks/${encode(taskId)}.json`,
  /** Marks of the tasks that are not delivered. */
  undelivered: (jobId: string) => `${folder(jobId)}undelivered/`,
  undeliveredTask: (jobId: string, taskId: string) =>
    `${folder(jobId)}undelivered/${encode(taskId)}`,
  manifest: (jobId: string, taskId: string, answer = 1) =>
    `${evidence(jobId)}${taskFolder(taskId)}manifest${suffix(answer)}.ndjson`,
};

export type Place = { container: "evidence" | "state"; blob: string };

/** The container that a name lies in, and its blob there; the same for the beginning of names. */
export function placeOf(name: string): Place {
  return isEvidence(name)
    ? { container: "evidence", blob: name.slice(EVIDENCE.length) }
    : { container: "state", blob: name };
}

/** What proves something: it is created once, and neither changed nor removed by anybody. */
export function isEvidence(name: string): boolean {
  return name.startsWith(EVIDENCE);
}

/** The id that a name was made of, behind its folder. */
export function idOf(name: string, prefix: string): string {
  return decodeURIComponent(name.slice(prefix.length).replace(/\.json$/, ""));
}

function folder(jobId: string): string {
  return `work/${encode(jobId)}/`;
}

function feedFolder({ jobId, feed }: FeedKey): string {
  return `${folder(jobId)}${feed.name}/`;
}

function feedEvidence({ jobId, feed }: FeedKey): string {
  return `${evidence(jobId)}${feed.name}/`;
}

function evidence(jobId: string): string {
  return `${EVIDENCE}${encode(jobId)}/`;
}

function taskFolder(taskId: string): string {
  return `tasks/${encode(taskId)}/`;
}

function suffix(number: number): string {
  return number === 1 ? "" : `-${number}`;
}

function encode(id: string): string {
  return encodeURIComponent(id).replace(/\./g, "%2E");
}
