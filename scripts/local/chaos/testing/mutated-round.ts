import { strike } from "../../faults/named-faults.ts";
import { playRound } from "../round.ts";
import { MUTATIONS } from "./mutations.ts";

/** Long enough for an honest connector, which loses nothing in them. */
const IDLE_MS = 15_000;
const LATE_MS = 10_000;
const SEED = 11;

/** `node mutated-round.ts NAME`: one round of a connector that breaks its promise, as JSON. */
const mutation = MUTATIONS[process.argv[2] ?? ""];
if (!mutation) {
  throw new Error(`Say which: ${Object.keys(MUTATIONS).join(", ")}`);
}
const { fault } = mutation;
const result = await playRound({
  seed: SEED,
  instances: 1,
  idleMs: IDLE_MS,
  lateMs: LATE_MS,
  decide: fault ? strike(fault, 1) : () => undefined,
  rewrites: mutation.rewrites,
});
process.stdout.write(`${JSON.stringify(result)}\n`);
