import * as z from "zod";
import { createLog, type Log } from "../log.ts";

const lineSchema = z.looseObject({ event: z.string(), level: z.string() });

export type LogLine = z.infer<typeof lineSchema>;
export type TestLog = {
  log: Log;
  /** Everything that was logged, as it is written. */
  text: () => string;
  lines: () => LogLine[];
  of: (event: string) => LogLine[];
  events: () => string[];
};

/** The app's own log at its most talkative, kept for a look. */
export function createTestLog(): TestLog {
  const written: string[] = [];
  const log = createLog("debug", { write: (line) => void written.push(line) });
  const lines = () => written.map((line) => lineSchema.parse(JSON.parse(line)));
  return {
    log,
    lines,
    text: () => written.join(""),
    of: (event) => lines().filter((line) => line.event === event),
    events: () => lines().map(({ event }) => event),
  };
}
