/**
 * Where everything lies in the archive container. Ids of the platform are opaque: they are
 * percent-encoded, so that none can name a blob of another job.
 */
export const names = {
  account: (accountId: string) => `accounts/${encode(accountId)}.json`,
  signIn: (digest: string) => `sign-ins/${digest}.json`,
  jobs: () => "jobs/",
  job: (jobId: string) => `${folder(jobId)}job.json`,
  coverage: (jobId: string) => `${folder(jobId)}coverage.json`,
  /** Verbatim response bodies of X, in the order in which they were read. */
  capturePages: (jobId: string, captureId: string) =>
    `${folder(jobId)}captures/${captureId}/pages/`,
  /** What the posts of a stored page show and X did not send along. */
  context: (page: string, number: number) =>
    page.replace(/\/pages\/(\d+)\.json$/, `/context/$1-${number}.json`),
  /** Further answers of X that prove that nothing of an interval is out of its reach. */
  captureProof: (jobId: string, captureId: string, probe: string) =>
    `${folder(jobId)}captures/${captureId}/proof/${probe}.json`,
  lookupPages: (jobId: string, taskId: string) => `${taskFolder(jobId, taskId)}lookup/pages/`,
  page: (pages: string, number: number) => `${pages}${String(number).padStart(6, "0")}.json`,
  media: (jobId: string, mediaKey: string, file: string) =>
    `${folder(jobId)}media/${encode(mediaKey)}/${encode(file)}`,
  tasks: (jobId: string) => `${folder(jobId)}tasks/`,
  task: (jobId: string, taskId: string) => `${taskFolder(jobId, taskId)}task.json`,
  manifest: (jobId: string, taskId: string) => `${taskFolder(jobId, taskId)}manifest.ndjson`,
};

function folder(jobId: string): string {
  return `jobs/${encode(jobId)}/`;
}

function taskFolder(jobId: string, taskId: string): string {
  return `${folder(jobId)}tasks/${encode(taskId)}/`;
}

function encode(id: string): string {
  return encodeURIComponent(id).replace(/\./g, "%2E");
}
