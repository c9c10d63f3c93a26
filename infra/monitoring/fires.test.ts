import { describe, expect, it, vi } from "vitest";
import { manyPosts, postAt, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import { names } from "../../app/archive/names.ts";
import { capture } from "../../app/capture/capture.ts";
import { lookUp } from "../../app/capture/lookup.ts";
import { MOST_UNKNOWN } from "../../app/capture/named-posts.ts";
import { DEPTH } from "../../app/capture/scan.ts";
import { DAILY_LIMIT, keepRoom } from "../../app/delivery/ledger.ts";
import { ConnectorError, type ErrorCode } from "../../app/errors.ts";
import type { EventName } from "../../app/events.ts";
import { captureDepsOf, SOURCE, withholding } from "../../app/testing/captures.ts";
import { ACCOUNT, addJob, createParts, X_KEYS } from "../../app/testing/harness.ts";
import { startServer, unpackServer } from "../../app/testing/server-process.ts";
import { createTestLog } from "../../app/testing/test-log.ts";
import { answerPosts, JOB, type Workbench, useWorkbench } from "../../app/testing/workbench.ts";
import { firingAlerts, followRows, toRows } from "../testing/alerts.ts";
import type { Row } from "../testing/kusto-run.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe("the alerts over what the connector logs while it works", () => {
  let bench: Workbench;
  useWorkbench((made) => {
    bench = made;
    bench.onX(answerPosts([postAt("2026-01-01T06:00:00.000Z")]));
  });
  /** But for fields that the short posts here do not have. */
  const firing = () => {
    const rows = toRows(bench.log.text());
    const heard = rows.filter((row) => !JSON.stringify(row).includes("capture.fields-missing"));
    return firingAlerts({ AppServiceConsoleLogs: heard }, new Date());
  };
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  const begin = async () => {
    await bench.accept("task-1");
    bench.start();
  };

  it("are silent while all is well", async () => {
    await begin();
    await pass(10 * MINUTE_MS);
    expect(bench.log.of("task.delivered")).toHaveLength(1);
    expect(firing()).toEqual([]);
  });

  it("tell of a record that a newer version wrote: its work waits", async () => {
    const newer = JSON.stringify({ jobId: JOB, taskId: "task-1", schema: 99 });
    await bench.store.put(names.task(JOB, "task-1"), Buffer.from(newer));
    bench.start();
    await bench.queue.send({ jobId: JOB, taskId: "task-1" });
    await pass(MINUTE_MS);
    expect(firing()).toEqual(["newer-record"]);
  });

  it("tell of a feed that X refuses, while the posts go on", async () => {
    const read = async () => {
      throw new ConnectorError("x-forbidden", "X answered 403");
    };
    const timeline = answerPosts([]);
    const account = async () => ({
      body: Buffer.from(JSON.stringify({ data: ACCOUNT })),
      about: {},
    });
    bench.start({ isOn: () => true, twitter: { ...bench.twitter, timeline, account, read } });
    await bench.accept("task-1");
    await pass(MINUTE_MS);
    expect(bench.log.of("task.delivered")).toHaveLength(1);
    expect(firing()).toEqual(["feed-refused"]);
  });

  it.each<[ErrorCode, alert: string]>([
    ["x-credits-spent", "x-quota"],
    ["x-usage-capped", "x-quota"],
    ["x-budget-spent", "budget-spent"],
    ["x-forbidden", "x-refuses"],
    ["x-bad-request", "x-refuses"],
    ["conflict", "work-fails"],
  ])(
    "%s: %s is told for as long as it lasts, with the window that waits, and then no more",
    async (code, alert) => {
      bench.onX(async () => {
        throw new ConnectorError(code, "X answered");
      });
      await begin();
      for (const hours of [1, 4]) {
        await pass(hours * HOUR_MS);
        expect(firing()).toEqual([alert]);
      }
      await pass(2 * HOUR_MS);
      expect(firing()).toEqual([alert, "undelivered"].toSorted());
      bench.onX(answerPosts([]));
      await pass(4 * HOUR_MS);
      expect(bench.log.of("task.delivered")).toHaveLength(1);
      expect(firing()).toEqual([]);
    },
  );

  it("a token that X refuses: an account must be signed in again, until it is", async () => {
    bench.onX(async () => {
      throw new ConnectorError("x-token-refused", "X answered 401");
    });
    await begin();
    await pass(3 * HOUR_MS);
    expect(firing()).toEqual(["needs-sign-in"]);
    await addJob(bench, JOB);
    await pass(1000);
    bench.log.log("job.signed-in-again", { jobId: JOB, accountId: "42" });
    bench.onX(answerPosts([]));
    await pass(10 * MINUTE_MS);
    expect(firing()).toEqual([]);
  });

  it("a token that X refuses and takes again: nobody has to sign in any more", async () => {
    bench.onX(async () => {
      throw new ConnectorError("x-token-refused", "X answered 401");
    });
    await begin();
    await pass(3 * HOUR_MS);
    expect(firing()).toEqual(["needs-sign-in"]);
    const body = Buffer.from(JSON.stringify({ data: ACCOUNT }));
    bench.onAccount(async () => ({ body, about: {} }));
    bench.onX(answerPosts([]));
    await pass(HOUR_MS + 10 * MINUTE_MS);
    expect(bench.log.of("job.token-accepted-again")).toHaveLength(1);
    expect(firing()).toEqual([]);
  });

  it.each<[ErrorCode, afterMs: number]>([
    ["platform-refused", 5 * MINUTE_MS],
    ["platform-unavailable", HOUR_MS],
    ["entra-refused", 5 * MINUTE_MS],
    ["consent-missing", 5 * MINUTE_MS],
  ])(
    "a completion that meets %s: the platform refuses, until it takes it",
    async (code, afterMs) => {
      bench.platform.meet(async () => {
        throw new ConnectorError(code, "The Import service answered");
      });
      await begin();
      await pass(afterMs);
      expect(firing()).toEqual(["platform-refuses"]);
      bench.platform.meet(undefined);
      await pass(5 * HOUR_MS);
      expect(bench.platform.completions).toHaveLength(1);
      expect(firing()).toEqual([]);
    },
  );

  it.each<[fault: string, alert: string, meet: () => void]>([
    ["X's credits are spent", "x-quota", () => refuseOnX("x-credits-spent")],
    ["X refuses a token", "needs-sign-in", () => refuseOnX("x-token-refused")],
    ["X is down", "x-refuses", () => refuseOnX("x-unavailable")],
    ["X does not take a question", "x-refuses", () => refuseOnX("x-bad-request")],
    ["evidence is in the archive tier", "evidence-offline", () => refuseOnX("evidence-offline")],
    ["the platform is down", "platform-refuses", () => refuseOnPlatform("platform-unavailable")],
    ["Entra gives no token", "platform-refuses", () => refuseOnPlatform("entra-refused")],
  ])("tell once, and not again and again, while %s: %s", async (_fault, alert, meet) => {
    meet();
    await begin();
    const quarters = 60 * 4;
    const missed: [string, hour: number][] = [];
    const rows = followRows(bench.log.text);
    for (let quarter = 1; quarter <= quarters; quarter += 1) {
      await pass(HOUR_MS / 4);
      const fire = firingAlerts({ AppServiceConsoleLogs: rows() }, new Date(), [
        alert,
        "undelivered",
      ]);
      const due = [quarter > 2 * 4 && alert, quarter > 7 * 4 && "undelivered"];
      for (const name of due.filter((one) => typeof one === "string")) {
        if (!fire.includes(name)) {
          missed.push([name, quarter / 4]);
        }
      }
    }
    expect(missed).toEqual([]);
  });

  function refuseOnX(code: ErrorCode): void {
    bench.onX(async () => {
      throw new ConnectorError(code, "X answered");
    });
  }

  function refuseOnPlatform(code: ErrorCode): void {
    bench.platform.meet(async () => {
      throw new ConnectorError(code, "The Import service answered");
    });
  }

  it("80 % of the day's 200,000", async () => {
    const others = { jobId: JOB, taskId: "others", asked: 1 };
    await keepRoom(bench.store, others, {
      day: "2026-06-01",
      items: 0.8 * DAILY_LIMIT - 1,
      some: true,
    });
    await begin();
    await pass(MINUTE_MS);
    expect(firing()).toEqual(["daily-limit"]);
  });

  it("a window that nobody works on", async () => {
    bench.log.log("task.accepted", { jobId: JOB, taskId: "task-1" });
    await pass(5 * HOUR_MS);
    expect(firing()).toEqual([]);
    await pass(2 * HOUR_MS);
    expect(firing()).toEqual(["undelivered"]);
    await pass(40 * HOUR_MS);
    expect(firing()).toEqual(["undelivered"]);
  });

  it("a poison message", async () => {
    bench.queue.put("no message of ours");
    bench.start();
    await pass(MINUTE_MS);
    expect(firing()).toEqual(["task-failed"]);
  });

  it("an address of the platform's that cannot be used", async () => {
    bench.onUpload(async () => {
      throw new ConnectorError("sas-unusable", "403");
    });
    await begin();
    await pass(10 * MINUTE_MS);
    expect(firing()).toEqual(["sas-unusable"]);
  });
});

describe("the alert over gaps", () => {
  it("fires on what lies beyond X's depth", async () => {
    const x = await startSmallX(manyPosts(DEPTH + 10), { keys: X_KEYS });
    const parts = createParts(x.url);
    const window = { start: "2025-12-30T00:00:00Z", end: "2026-01-02T00:00:01Z" };
    await capture(captureDepsOf(parts), SOURCE, window);
    await x.close();
    const tables = { AppServiceConsoleLogs: toRows(parts.log.text()) };
    expect(firingAlerts(tables, new Date())).toContain("gap");
  });
});

describe("the alerts over posts that X withholds", () => {
  const first = postAt("2026-01-01T23:50:00.000Z");
  const edited = postAt("2026-01-02T00:10:00.000Z");
  const quote = postAt("2026-01-02T12:00:00.000Z", {
    referenced_tweets: [{ type: "quoted", id: "7" }],
  });

  it.each([
    ["a post that is only shown", quote, "7", ["unexpected-answers"]],
    [
      "a version of the account's own",
      { ...edited, edit_history_tweet_ids: [first.id, edited.id] },
      first.id,
      ["gap", "unexpected-answers"],
    ],
  ])("fire on %s", async (_title, post, id, alerts) => {
    const x = await startSmallX([post], { keys: X_KEYS });
    const parts = createParts(x.url);
    const twitter = withholding(parts.twitter, [{ id, as: "omitted" }], { lookups: 100 });
    const window = { start: "2026-01-02T00:00:00Z", end: "2026-01-03T00:00:00Z" };
    await capture(captureDepsOf(parts, { twitter, posts: 1 }), SOURCE, window);
    await x.close();
    const tables = { AppServiceConsoleLogs: toRows(parts.log.text()) };
    expect(firingAlerts(tables, new Date()).toSorted()).toEqual(alerts);
  });
});

describe("the alert over what X is asked for", () => {
  it("fires on more unknown posts than are read a day", async () => {
    const parts = createParts("http://127.0.0.1:1");
    const twitter: typeof parts.twitter = {
      ...parts.twitter,
      lookup: async (_token, ids) => {
        const errors = ids.map((value) => ({ value, title: "Not Found Error" }));
        return { body: Buffer.from(JSON.stringify({ errors })), about: {} };
      },
    };
    const ids = manyPosts(MOST_UNKNOWN.aTask + 1).map(({ id }) => id);
    await lookUp(captureDepsOf(parts, { twitter }), { ...SOURCE, taskId: "t", ids });
    const tables = { AppServiceConsoleLogs: toRows(parts.log.text()) };
    expect(firingAlerts(tables, new Date())).toEqual(["budget-spent"]);
  });
});

describe("the alert over gaps that X contradicts itself on", () => {
  const emptyBehindToken = { body: Buffer.from('{"meta":{"result_count":0}}'), about: {} };
  const firesWhileXIsEmpty = async (times: number) => {
    const x = await startSmallX(manyPosts(150), { keys: X_KEYS });
    const parts = createParts(x.url);
    let left = times;
    const twitter: typeof parts.twitter = {
      ...parts.twitter,
      async timeline(token, accountId, query) {
        const answer = await parts.twitter.timeline(token, accountId, query);
        const isFirst = query.paginationToken === undefined && query.untilId === undefined;
        left -= isFirst ? 0 : 1;
        return isFirst || left < 0 ? answer : { ...emptyBehindToken, about: answer.about };
      },
    };
    const window = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
    await capture(captureDepsOf(parts, { twitter, posts: 150 }), SOURCE, window);
    await x.close();
    return firingAlerts({ AppServiceConsoleLogs: toRows(parts.log.text()) }, new Date());
  };

  it("fires where a page behind a token stays empty", async () => {
    expect(await firesWhileXIsEmpty(Infinity)).toContain("gap");
  });

  it("does not fire where X gives the posts when it is asked again", async () => {
    expect(await firesWhileXIsEmpty(2)).not.toContain("gap");
  });
});

describe("the alert over crashes", () => {
  const firing = (...rows: Row[]) => firingAlerts({ AppServiceConsoleLogs: rows }, new Date());
  const linesOf = (...events: EventName[]) => {
    const { log, text } = createTestLog();
    for (const event of events) {
      log(event, { port: 8080, version: "1.2.3" });
    }
    return text();
  };
  const START = "connector.started" as const;

  it("fires on a connector that cannot even start, again and again", async () => {
    const server = await unpackServer();
    const start = async () => {
      const process = startServer(server.folder, {});
      await process.ended;
      return toRows(process.output().stdout);
    };
    const rows = [...(await start()), ...(await start()), ...(await start())];
    expect(firing(...rows)).toEqual([]);
    expect(firing(...rows, ...(await start()))).toEqual(["crash-loop"]);
    await server.remove();
  });

  it("fires on one host that starts again and again, and not on many that start", () => {
    const starts = Array.from({ length: 6 }, () => START);
    expect(firing(...toRows(linesOf(...starts)))).toEqual(["crash-loop"]);
    const hosts = ["a", "b", "c", "d", "e"];
    expect(firing(...hosts.flatMap((host) => toRows(linesOf(START), host)))).toEqual([]);
  });

  it("does not fire on deployments, which stop what they start anew", () => {
    const deployed = Array.from({ length: 6 }, () => [START, "connector.stopping"] as const).flat();
    expect(firing(...toRows(linesOf(...deployed)))).toEqual([]);
  });

  it("does not fire on a few deployments whose stops went unlogged", () => {
    expect(firing(...toRows(linesOf(START, START, START, START, START)))).toEqual([]);
  });
});

describe("the alerts over what others log", () => {
  const now = new Date("2026-06-02T12:00:00Z");
  const TimeGenerated = new Date("2026-06-02T11:50:00Z");

  it.each(["AZKVAuditLogs", "AzureDiagnostics"])("a secret's end fires from %s", (table) => {
    const row = { TimeGenerated, OperationName: "SecretNearExpiryEventGridNotification" };
    expect(firingAlerts({ [table]: [row] }, now)).toEqual(["secret-expires"]);
    const read = { TimeGenerated, OperationName: "SecretGet" };
    expect(firingAlerts({ [table]: [read] }, now)).toEqual([]);
  });

  it("a day's cap fires from the workspace's own operations", () => {
    const Detail = "Data collection stopped due to daily limit. Status = OverQuota";
    expect(firingAlerts({ Operation: [{ TimeGenerated, Detail }] }, now)).toEqual(["logs-capped"]);
  });

  const stored = (OperationName: string, more: Row = {}) => ({
    TimeGenerated,
    OperationName,
    ObjectKey: "/archive/evidence/job-1/posts/captures/c/pages/000001.json",
    StatusText: "Success",
    ConditionsUsed: "",
    UserAgentHeader: "azsdk-js",
    ...more,
  });
  const firingOn = (row: Row) => firingAlerts({ StorageBlobLogs: [row] }, now);

  it.each(["DeleteBlob", "PutBlob", "PutBlockList", "CopyBlob", "SetBlobMetadata"])(
    "evidence that somebody else touches fires: %s",
    (operation) => {
      expect(firingOn(stored(operation))).toEqual(["evidence-changed"]);
    },
  );

  it.each<[what: string, Row]>([
    ["creates evidence", stored("PutBlob", { ConditionsUsed: "If-None-Match=*" })],
    ["reads evidence", stored("GetBlob")],
    [
      "tries to delete it in vain",
      stored("DeleteBlob", { StatusText: "AuthorizationPermissionMismatch" }),
    ],
    ["changes state", stored("PutBlob", { ObjectKey: "/archive/state/jobs/job-1.json" })],
    [
      "is Azure's lifecycle",
      stored("DeleteBlob", { UserAgentHeader: "ObjectLifeCycleScanner/0.50" }),
    ],
  ])("evidence is in order where somebody %s", (_what, row) => {
    expect(firingOn(row)).toEqual([]);
  });

  it.each(["PutBlob", "PutBlockList", "DeleteBlob"])("a package fires: %s", (operation) => {
    const ObjectKey = "/packages1/packages/app-0123.zip";
    expect(firingOn(stored(operation, { ObjectKey }))).toEqual(["package-written"]);
    expect(firingOn(stored("GetBlob", { ObjectKey }))).toEqual([]);
  });

  it.each<[what: string, operations: string[], fires: boolean]>([
    ["by its own upload", ["PutBlob", "PutBlob"], true],
    ["in blocks", ["PutBlob", "PutBlock", "PutBlockList"], true],
    ["from an address", ["PutBlob", "CopyBlob"], true],
    ["after a deployment has removed it", ["PutBlob", "DeleteBlob", "PutBlob"], false],
    ["in vain", ["PutBlob", "GetBlob"], false],
  ])("a package that is there and is written again fires: %s", (_what, operations, fires) => {
    const ObjectKey = "/packages1/packages/app-0123.zip";
    const rows = operations.map((operation) => stored(operation, { ObjectKey }));
    const firing = firingAlerts({ StorageBlobLogs: rows }, now);
    expect(firing.includes("package-overwritten")).toBe(fires);
    expect(firing).toContain("package-written");
  });

  it("does not take two packages for one", () => {
    const rows = ["/packages1/packages/app-1.zip", "/packages1/packages/app-2.zip"].map(
      (ObjectKey) => stored("PutBlob", { ObjectKey }),
    );
    expect(firingAlerts({ StorageBlobLogs: rows }, now)).toEqual(["package-written"]);
  });
});

describe("the alert over a platform that asks for nothing", () => {
  const NOW = new Date("2026-06-03T12:00:00Z");
  const lines = (event: EventName, ...hoursAgo: number[]) =>
    hoursAgo.flatMap((hours) => {
      const time = new Date(NOW.getTime() - hours * HOUR_MS).toISOString();
      return toRows(JSON.stringify({ time, level: "info", event, jobId: "job-1" }));
    });
  const captures = lines("capture.completed", ...Array.from({ length: 190 }, (_, n) => n / 4));
  const firing = (...rows: Row[]) =>
    firingAlerts({ AppServiceConsoleLogs: rows }, NOW, ["no-requests"]);

  it("fires on an account that is captured and not asked for", () => {
    expect(firing(...captures)).toEqual(["no-requests"]);
  });

  it.each<[what: string, Row[]]>([
    ["a window was asked for yesterday", lines("task.accepted", 40)],
    ["the job was deleted", lines("job.deleted", 1)],
  ])("does not fire where %s", (_what, more) => {
    expect(firing(...captures, ...more)).toEqual([]);
  });

  it("does not fire on an account that is new", () => {
    expect(firing(...lines("capture.completed", 40, 30, 20, 10, 1))).toEqual([]);
  });
});
