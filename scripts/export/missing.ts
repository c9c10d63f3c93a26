import { csvLine } from "./load-files.ts";

/** One line of `not-exported.csv`: what is missing, which task was to bring it, and why. */
export type Missing = { id: string; taskId: string; reason: string };

export const MISSING_HEAD = csvLine(["ID", "TASKID", "REASON"]);

export function missingLine({ id, taskId, reason }: Missing): string {
  return csvLine([id, taskId, reason]);
}
