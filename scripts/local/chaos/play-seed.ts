import { playRound } from "./round.ts";

/** `node play-seed.ts SEED`: one round, its result as one line of JSON. */
const result = await playRound({ seed: Number(process.argv[2]) });
process.stdout.write(`${JSON.stringify(result)}\n`);
