import { createLogUpdate } from "log-update";

export type ProgressOptions = {
  /** Standard error: standard output stays for the summary and the JSON. */
  stream: NodeJS.WritableStream & { isTTY?: boolean };
  /** Milliseconds; another clock for tests. */
  now?: () => number;
};

export type Step = {
  /** Says how far it is; `total` may change while it runs. */
  update(done: number, total?: number): void;
  finish(note?: string): void;
  fail(why: string): void;
};

export type Progress = { step(name: string, total?: number): Step };

/**
 * Named steps, one bar a line on a terminal, plain lines elsewhere (at most one a second and
 * step). A list of tasks, as listr2 has it, does not fit: it wants to call what runs, draws no
 * bars, and its lines are drawn by log-update as these are.
 */
export function createProgress({ stream, now = () => Date.now() }: ProgressOptions): Progress {
  const states: State[] = [];
  const draw = stream.isTTY ? createBars(states, stream, now) : createLines(stream, now);
  return {
    step(name, total) {
      const startedAt = now();
      const state: State = { name, done: 0, total, status: "running", milliseconds: 0, note: "" };
      const end = (status: "done" | "failed", note: string) =>
        draw(Object.assign(state, { status, note, milliseconds: now() - startedAt }));
      states.push(state);
      draw(state);
      return {
        update(done, newTotal = state.total) {
          Object.assign(state, { done, total: newTotal });
          draw(state);
        },
        finish: (note = "") => end("done", note),
        fail: (why) => end("failed", why),
      };
    },
  };
}

/** Two columns, the names aligned; numbers with thousands, in one reading direction. */
export function summary(title: string, rows: readonly (readonly [string, string | number])[]) {
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => {
    const shown = typeof value === "number" ? value.toLocaleString("en-GB") : value;
    return `  ${name.padEnd(width)}  ${shown}`;
  });
  return `\n${title}\n${lines.join("\n")}\n`;
}

type State = {
  name: string;
  done: number;
  total: number | undefined;
  status: "running" | "done" | "failed";
  /** How long it took, once it has ended. */
  milliseconds: number;
  note: string;
};

type Draw = (changed: State) => void;

const LINE_INTERVAL_MS = 1000;
const FRAME_INTERVAL_MS = 80;
const BAR_CHARACTERS = 16;

function createLines(stream: NodeJS.WritableStream, now: () => number): Draw {
  const writtenAt = new Map<State, number>();
  return (state) => {
    const last = writtenAt.get(state) ?? Number.NEGATIVE_INFINITY;
    if (state.status !== "running" || now() - last >= LINE_INTERVAL_MS) {
      writtenAt.set(state, now());
      stream.write(`${describe(state)}\n`);
    }
  };
}

/** Draws all steps anew each time; finished ones stay where they are. */
function createBars(states: State[], stream: NodeJS.WritableStream, now: () => number): Draw {
  const drawOver = createLogUpdate(stream, { showCursor: true });
  let drawn = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;
  return (changed) => {
    const urgent = changed.status !== "running" || drawn < states.length;
    if (urgent || now() - drawnAt >= FRAME_INTERVAL_MS) {
      drawOver(states.map((state) => `${drawBar(state)} ${describe(state)}`).join("\n"));
      drawn = states.length;
      drawnAt = now();
    }
  };
}

function drawBar({ done, total, status }: State): string {
  const share = status === "done" ? 1 : Math.min(1, total ? done / total : 0);
  const filled = Math.round(share * BAR_CHARACTERS);
  return `${"█".repeat(filled)}${"░".repeat(BAR_CHARACTERS - filled)}`;
}

function describe(state: State): string {
  const { name, milliseconds, status, note } = state;
  const seconds = (milliseconds / 1000).toFixed(1);
  const end = { running: "…", done: ` done in ${seconds} s`, failed: " FAILED" }[status];
  return `${name}${describeAmount(state)}${end}${note === "" ? "" : `: ${note}`}`;
}

function describeAmount({ done, total }: State): string {
  if (total !== undefined) {
    return ` ${done}/${total}`;
  }
  return done > 0 ? ` ${done}` : "";
}
