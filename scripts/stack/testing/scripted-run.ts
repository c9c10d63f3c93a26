import type { Ran, Run } from "../run.ts";

/** What a program says to a command: an object as JSON, text as it is, or how it ends. */
export type Answer = { json: unknown } | { text: string } | { fails: string };

/** A program that answers what begins as one of the keys; the longest counts. */
export function createScriptedRun(answers: Readonly<Record<string, Answer>>): Run {
  const keys = Object.keys(answers).toSorted((a, b) => b.length - a.length);
  return async (args) => {
    const command = args.join(" ");
    const key = keys.find((one) => command.startsWith(one));
    const answer = key === undefined ? undefined : answers[key];
    if (!answer) {
      throw new Error(`The test has no answer to: ${command}`);
    }
    return toRan(answer);
  };
}

function toRan(answer: Answer): Ran {
  if ("fails" in answer) {
    return { exitCode: 1, stdout: "", stderr: answer.fails };
  }
  const stdout = "json" in answer ? JSON.stringify(answer.json) : answer.text;
  return { exitCode: 0, stdout, stderr: "" };
}
