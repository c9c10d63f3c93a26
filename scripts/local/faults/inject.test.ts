import { createServer } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { closeServer, listen } from "../listen.ts";
import type { Call, Fault } from "./fault.ts";
import { injectFaults } from "./inject.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

describe("injectFaults", () => {
  it("changes nothing where nothing is struck", async () => {
    const { send, served } = await start(undefined);
    expect(await send()).toEqual({ status: 200, body: "0123456789" });
    expect(served).toEqual(["hello"]);
  });

  it.each<[Fault, number]>([
    ["unavailable", 503],
    ["failed", 500],
    ["forbidden", 403],
    ["rate-limited", 429],
    ["rate-limited-late", 429],
    ["unauthorized", 401],
    ["not-found", 404],
    ["fields-refused", 400],
    ["credits-spent", 402],
  ])("%s answers %i, and nothing is done", async (fault, status) => {
    const { send, served } = await start(fault);
    expect(await send()).toMatchObject({ status });
    expect(served).toEqual([]);
  });

  it("forgotten answers as a queue that takes a message, and nothing is done", async () => {
    const { send, served } = await start("forgotten");
    const { status, body } = await send();
    expect(status).toBe(201);
    expect(body).toMatch(/<QueueMessage><MessageId>[^<]+<.*<PopReceipt>[^<]+</);
    expect(served).toEqual([]);
  });

  it.each<[Fault, { done: boolean; kills: number }]>([
    ["cut", { done: false, kills: 0 }],
    ["lost", { done: true, kills: 0 }],
    ["kill-before", { done: false, kills: 1 }],
    ["kill-after", { done: true, kills: 1 }],
  ])("%s breaks the connection: %j", async (fault, { done, kills }) => {
    const { send, served, killed } = await start(fault);
    await expect(send()).rejects.toThrow("fetch failed");
    expect(served).toEqual(done ? ["hello"] : []);
    expect(killed()).toBe(kills);
  });

  it("foreign answers another's page with 200, and nothing is done", async () => {
    const { send, served } = await start("foreign");
    expect(await send()).toEqual({
      status: 200,
      body: expect.stringContaining("<title>") as unknown,
    });
    expect(served).toEqual([]);
  });

  it("halved gives the beginning of the answer and breaks off", async () => {
    const { send, served } = await start("halved");
    await expect(send()).rejects.toThrow("terminated");
    expect(served).toEqual(["hello"]);
  });

  it.each<[Fault, string, string]>([
    ["omits-posts", "/2/tweets", '{"data":[{"id":"2"}]}'],
    ["refuses-newest", "/2/users/me", '{"data":[{"id":"1"},{"id":"2"}]}'],
  ])("%s does, and answers %s with another body, whole", async (fault, path, body) => {
    const { send, served } = await start(fault, '{"data":[{"id":"1"},{"id":"2"}]}');
    expect(await send(path)).toEqual({ status: 200, body });
    expect(served).toEqual(["hello"]);
  });

  it("late does and answers, a little later", async () => {
    const { send, served } = await start("late");
    expect(await send()).toEqual({ status: 200, body: "0123456789" });
    expect(served).toEqual(["hello"]);
  });

  it("emptied answers as X where it has no more posts, and nothing is done", async () => {
    const { send, served } = await start("emptied");
    expect(await send()).toEqual({ status: 200, body: '{"meta":{"result_count":0}}' });
    expect(served).toEqual([]);
  });

  it("says of a call where it goes, with no query", async () => {
    const { send, calls } = await start(undefined);
    await send();
    expect(calls).toEqual([{ service: "x", method: "POST", path: "/path" }]);
  });
});

async function start(fault: Fault | undefined, said = "0123456789") {
  const served: string[] = [];
  const calls: Call[] = [];
  let kills = 0;
  const server = createServer((request, answer) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      served.push(body);
      answer.writeHead(200, { "content-length": String(said.length) });
      answer.end(said);
    });
  });
  const faults = {
    decide: (call: Call) => {
      calls.push(call);
      return fault;
    },
    kill: () => {
      kills += 1;
    },
  };
  injectFaults(server, faults, ({ method = "", url = "" }) => ({
    service: "x",
    method,
    path: new URL(url, "http://x").pathname,
  }));
  const port = await listen(server);
  closing.push(() => closeServer(server));
  const send = async (path = "/path") => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}?sig=secret`, {
      method: "POST",
      body: "hello",
    });
    return { status: answer.status, body: await answer.text() };
  };
  return { send, served, calls, killed: () => kills };
}
