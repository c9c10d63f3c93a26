import type { Progress } from "../progress.ts";

const noop = () => undefined;

/** For systems that tests start. */
export const SILENT: Progress = { step: () => ({ update: noop, finish: noop, fail: noop }) };
