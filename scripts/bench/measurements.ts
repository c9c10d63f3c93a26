import { cost } from "./cost.ts";
import { delivery } from "./delivery.ts";
import { endpoints } from "./endpoints.ts";
import { latency } from "./latency.ts";
import type { Measurement } from "./measurement.ts";
import { memory } from "./memory.ts";
import { program } from "./program.ts";
import { start } from "./start.ts";
import { workers } from "./workers.ts";

export const MEASUREMENTS: readonly Measurement[] = [
  program,
  start,
  endpoints,
  delivery,
  latency,
  workers,
  cost,
  memory,
];
