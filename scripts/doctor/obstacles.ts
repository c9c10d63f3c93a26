import { SUBJECTS } from "../../app/import-service/readiness.ts";

/** `known`: problems by subject. `others`: lines without a known subject. */
export type Obstacles = { known: Map<string, string>; others: string[] };

/** Parses Validate's Message: one line for each problem, its subject first. */
export function readObstacles(message: string): Obstacles {
  const known = new Map<string, string>();
  const others: string[] = [];
  for (const line of message.split("\n").filter((each) => each.trim() !== "")) {
    const subject = Object.values(SUBJECTS).find((each) => line.startsWith(`${each}: `));
    if (subject === undefined) {
      others.push(line);
    } else {
      known.set(subject, line.slice(subject.length + 2));
    }
  }
  return { known, others };
}
