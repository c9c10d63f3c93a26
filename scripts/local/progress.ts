export type ProgressOptions = {
  /** Whether `write` goes to a terminal. */
  tty: boolean;
  /** Standard error: standard output stays for the summary and the JSON. */
  write: (text: string) => void;
  /** Width of the terminal: a line that wraps would be drawn over wrongly. */
  columns?: number;
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
 * step). Own escape sequences because the bars of @clack/prompts have one spinner a process,
 * while capture, delivery and import run at the same time.
 */
export function createProgress({
  tty,
  write,
  columns = 100,
  now = () => Date.now(),
}: ProgressOptions): Progress {
  const states: State[] = [];
  const draw = tty ? createBars(states, { write, columns, now }) : createLines(write, now);
  return {
    step(name, total) {
      const state: State = { name, done: 0, total, startedAt: now(), status: "running", note: "" };
      states.push(state);
      draw(state);
      return {
        update(done, newTotal = state.total) {
          Object.assign(state, { done, total: newTotal });
          draw(state);
        },
        finish: (note = "") => draw(Object.assign(state, { status: "done" as const, note })),
        fail: (note) => draw(Object.assign(state, { status: "failed" as const, note })),
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
  startedAt: number;
  status: "running" | "done" | "failed";
  note: string;
};

type Draw = (changed: State) => void;

const LINE_INTERVAL_MS = 1000;
const FRAME_INTERVAL_MS = 80;
const BAR_CHARACTERS = 24;

function createLines(write: ProgressOptions["write"], now: () => number): Draw {
  const writtenAt = new Map<State, number>();
  return (state) => {
    const last = writtenAt.get(state) ?? Number.NEGATIVE_INFINITY;
    if (state.status !== "running" || now() - last >= LINE_INTERVAL_MS) {
      writtenAt.set(state, now());
      write(`${describe(state, now())}\n`);
    }
  };
}

/** Rewrites all lines from the first on; finished steps stay where they are. */
function createBars(states: State[], { write, columns, now }: Terminal): Draw {
  let drawn = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;
  const drawLine = (state: State) =>
    `\u001B[2K${`${drawBar(state)} ${describe(state, now())}`.slice(0, columns - 1)}\n`;
  return (changed) => {
    const urgent = changed.status !== "running" || drawn < states.length;
    if (urgent || now() - drawnAt >= FRAME_INTERVAL_MS) {
      const up = drawn > 0 ? `\u001B[${drawn}A` : "";
      write(up + states.map(drawLine).join(""));
      drawn = states.length;
      drawnAt = now();
    }
  };
}

type Terminal = Required<Omit<ProgressOptions, "tty">>;

function drawBar({ done, total, status }: State): string {
  const share = status === "done" ? 1 : Math.min(1, total ? done / total : 0);
  const filled = Math.round(share * BAR_CHARACTERS);
  return `${"█".repeat(filled)}${"░".repeat(BAR_CHARACTERS - filled)}`;
}

function describe(state: State, now: number): string {
  const { name, startedAt, status, note } = state;
  const seconds = ((now - startedAt) / 1000).toFixed(1);
  const end = { running: "…", done: ` done in ${seconds} s`, failed: " FAILED" }[status];
  return `${name}${describeAmount(state)}${end}${note === "" ? "" : `: ${note}`}`;
}

function describeAmount({ done, total }: State): string {
  if (total !== undefined) {
    return ` ${done}/${total}`;
  }
  return done > 0 ? ` ${done}` : "";
}
