import { pino, type DestinationStream } from "pino";
import { describeError } from "./errors.ts";
import { type EventFields, type EventName, EVENTS } from "./events.ts";

export type Log = (event: EventName, fields?: EventFields, error?: unknown) => void;

/**
 * Writes one JSON line for each event: `time`, `level`, `event`, and the event's own fields. At once:
 * pino's own way may change or lose the last lines when the process ends, and they say why it did.
 */
export function createLog(
  level: string,
  destination: DestinationStream = pino.destination({ sync: true }),
): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return (event, fields = {}, error) => {
    logger[EVENTS[event]]({
      event,
      ...fields,
      ...(error === undefined ? {} : describeError(error)),
    });
  };
}
