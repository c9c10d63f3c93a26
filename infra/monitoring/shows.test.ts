import { describe, expect, it, vi } from "vitest";
import { postAt } from "../../scripts/local/x/testing/small-timeline.ts";
import { ConnectorError } from "../../app/errors.ts";
import { createIssuer } from "../../app/testing/entra-tokens.ts";
import { createAppOf } from "../../app/testing/harness.ts";
import { downloadRequest, postJson } from "../../app/testing/platform-calls.ts";
import { answerPosts, JOB, type Workbench, useWorkbench } from "../../app/testing/workbench.ts";
import { toRows } from "../testing/alerts.ts";
import { type Row, runKusto } from "../testing/kusto-run.ts";
import { PANELS } from "./workbook.ts";

const NOW = "2026-01-03T01:00:00.000Z";
const HOUR_MS = 3_600_000;

describe("the workbook over what the connector logs", () => {
  let bench: Workbench;
  useWorkbench(
    (made) => {
      bench = made;
      bench.onX(answerPosts(["06", "18"].map((hour) => postAt(`2026-01-01T${hour}:00:00.000Z`))));
    },
    { begins: NOW },
  );

  /** Asks for a day as the platform does. */
  async function ask(TaskId: string, day: number): Promise<void> {
    const app = createAppOf(bench, {
      issuer: await createIssuer(),
      worker: { alive: true, woken: 0 },
    });
    const [StartTime, EndTime] = [day, day + 1].map((one) => `2026-01-0${one}T00:00:00Z`);
    const request = downloadRequest({ JobId: JOB, TaskId, StartTime, EndTime });
    expect((await app.request("/data/OnDownloadRequest", postJson(request))).status).toBe(200);
  }

  function shown(title: string): Row[] {
    const panel = PANELS.find((one) => one.title.startsWith(title));
    const tables = { AppServiceConsoleLogs: toRows(bench.log.text()) };
    return runKusto(panel?.query ?? "", tables, new Date());
  }

  it("shows what was delivered, covered and read, and how late", async () => {
    await ask("task-1", 1);
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    bench.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(shown("Totals")).toEqual([
      { Name: "Items delivered", Value: 2 },
      { Name: "Windows delivered", Value: 1 },
      { Name: "Posts read from X", Value: 2 },
      { Name: "Gaps recorded", Value: 0 },
    ]);
    const until = new Date("2026-01-02T00:00:00Z");
    expect(shown("Accounts")).toMatchObject([
      {
        Job: JOB,
        State: "signed in",
        "Captured until": until,
        "Requested until": until,
        "Delivered until": until,
        Items: 2,
      },
    ]);
    expect(shown("Items delivered")).toMatchObject([{ Items: 2 }]);
    expect(shown("Posts read")).toMatchObject([{ Posts: 2 }]);
    expect(shown("Coverage")).toEqual([
      { day: new Date("2026-01-01T00:00:00Z"), Read: 24, Gap: 0 },
    ]);
    // It ended a day and an hour before it was asked for, and waited an hour for a worker.
    expect(shown("Lag")).toMatchObject([{ Slowest: 26 * 60 }]);
    expect(shown("Duration")).toMatchObject([{ Slowest: 60 }]);
    expect(shown("Requested windows")).toEqual([]);
  });

  it("shows what waits, for what, and what is in the way", async () => {
    bench.onX(async () => {
      throw new ConnectorError("x-credits-spent", "X answered 402");
    });
    await ask("task-2", 2);
    await vi.advanceTimersByTimeAsync(1000);
    bench.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(shown("Requested windows")).toEqual([
      {
        Requested: new Date(NOW),
        Job: JOB,
        Task: "task-2",
        "Window start": "2026-01-02T00:00:00Z",
        "Window end": "2026-01-03T00:00:00Z",
        "Waits for": "X answered 402",
        "Next retry": "2026-01-03T02:00:01.000Z",
      },
    ]);
    expect(shown("Problems")).toMatchObject([
      { Event: "x.credits-spent", Job: JOB, Code: "x-credits-spent" },
      { Event: "task.waiting", Task: "task-2", What: "X answered 402" },
    ]);
  });

  it("shows which account has to be signed in again", async () => {
    bench.onX(async () => {
      throw new ConnectorError("x-token-refused", "X answered 401");
    });
    await ask("task-2", 2);
    bench.start();
    await vi.advanceTimersByTimeAsync(6 * 60_000);
    expect(shown("Accounts")).toMatchObject([{ Job: JOB, State: "must sign in again" }]);
  });
});
