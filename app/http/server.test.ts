import { once } from "node:events";
import type { Server } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createHttpServer, LIMITS } from "./server.ts";
import { type Harness, ORIGIN, startHarness } from "../testing/harness.ts";
import { basic } from "../testing/platform-calls.ts";
import { type Said, talk } from "../testing/raw-socket.ts";

const HOST = "Host: connector.example\r\nConnection: close\r\n";
const FORM = `POST / HTTP/1.1\r\n${HOST}Origin: ${ORIGIN}\r\nContent-Type: application/x-www-form-urlencoded\r\n`;
const CALL = `POST /data/OnDownloadRequest HTTP/1.1\r\n${HOST}Authorization: ${basic()}\r\n`;

let harness: Harness;
const servers: Server[] = [];
beforeAll(async () => {
  harness = await startHarness();
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(() => harness.close());

describe("What is not HTTP", () => {
  it.each<[string, string, number]>([
    ["words", "hello\r\n\r\n", 400],
    ["a TLS greeting", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400],
    ["a method that there is not", `HACK / HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["a path with a NUL", `GET /\0 HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["a path with a backslash", `GET /setup\\validate HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["a path that is none", `GET setup/validate HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["no Host", "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", 400],
    [
      "a Host that leads elsewhere",
      "GET / HTTP/1.1\r\nHost: a@b\r\nConnection: close\r\n\r\n",
      400,
    ],
    ["two Hosts", `GET /healthz HTTP/1.1\r\n${HOST}Host: evil.example\r\n\r\n`, 400],
    [
      "two Hosts that are the same",
      `GET /healthz HTTP/1.1\r\n${HOST}HOST: connector.example\r\n\r\n`,
      400,
    ],
    ["two credentials", `${CALL}authorization: Basic eDp5\r\nContent-Length: 2\r\n\r\n{}`, 400],
    [
      "the right credential twice",
      `GET /setup/Validate HTTP/1.1\r\n${HOST}Authorization: ${basic()}\r\nAuthorization: ${basic()}\r\n\r\n`,
      400,
    ],
    [
      "two types of a form",
      `${FORM}Content-Type: text/plain\r\nContent-Length: 10\r\n\r\npassword=x`,
      400,
    ],
    ["a header without a name", `GET / HTTP/1.1\r\n${HOST}: x\r\n\r\n`, 400],
    ["a header with a line break in it", `GET / HTTP/1.1\r\n${HOST}X: a\rb\r\n\r\n`, 400],
    [
      "headers that are too large",
      `GET / HTTP/1.1\r\n${HOST}X: ${"x".repeat(20_000)}\r\n\r\n`,
      431,
    ],
    ["an address that is too long", `GET /?${"x".repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`, 431],
    ["two lengths", `${CALL}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
    [
      "a length and chunks",
      `${CALL}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ["a length that is none", `${CALL}Content-Length: -1\r\n\r\n`, 400],
    ["a chunk of no size", `${FORM}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`, 400],
    [
      "a chunk with too much beside it",
      `${FORM}Transfer-Encoding: chunked\r\n\r\n1;${"x".repeat(20_000)}\r\n`,
      413,
    ],
    ["an expectation", `GET / HTTP/1.1\r\n${HOST}Expect: the best\r\n\r\n`, 417],
    ["the wish for a tunnel", `CONNECT evil.example:443 HTTP/1.1\r\n${HOST}\r\n`, 405],
    ["the wish for a trace", `TRACE / HTTP/1.1\r\n${HOST}\r\n`, 405],
  ])("is refused at once, as a problem: %s", async (_title, bytes, status) => {
    const said = await talk(await listen(), bytes);
    expect(said.status).toBe(status);
    expect(said.ms).toBeLessThan(1000);
    expectProblem(said);
  });
});

it.each([
  "/setup/Validate/",
  "//setup/Validate",
  "//job/IsCreated/?jobId=job-1",
  "/job//iscreated?jobId=job-1",
])("A path over the wire may have slashes twice or at its end: %s", async (path) => {
  const head = `GET ${path} HTTP/1.1\r\n${HOST}Authorization: ${basic()}\r\n\r\n`;
  expect((await talk(await listen(), head)).status).toBe(200);
});

describe("A body over the wire", () => {
  it("in chunks is read until it is too large", async () => {
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    const bytes = `${FORM}Transfer-Encoding: chunked\r\n\r\n${chunk}${chunk}0\r\n\r\n`;
    const said = await talk(await listen(), bytes);
    expect(said.status).toBe(413);
    expectProblem(said);
  });

  it("that a stranger sends to the portal's door is not read at all", async () => {
    const head = CALL.replace(/Authorization.*\r\n/, "");
    const said = await talk(await listen(), `${head}Content-Length: 8000000\r\n\r\n{`);
    expect(said.status).toBe(401);
    expect(said.ms).toBeLessThan(1000);
  });

  it("that stops in the middle is no failure of ours", async () => {
    const bytes = `${CALL}Content-Length: 100\r\n\r\n{"JobId"`;
    const said = await talk(await listen(), bytes, { thenClose: true });
    expect(said.status).toBe(0);
    await expect
      .poll(() => harness.log.of("request.refused").at(-1))
      .toMatchObject({ status: 400 });
    expect(harness.log.of("request.failed")).toEqual([]);
  });
});

describe("A client that takes its time", () => {
  it.each<[string, string]>([
    ["over its headers", "GET /healthz HTTP/1.1\r\nHost: connector.example\r\nX: "],
    ["over its form", `${FORM}Content-Length: 100\r\n\r\npassword=`],
    ["over its request, with the right credential", `${CALL}Content-Length: 100\r\n\r\n{`],
  ])("%s is let go with 408, and holds nobody else up", async (_title, bytes) => {
    const server = await listen({
      headersTimeout: 300,
      requestTimeout: 300,
      connectionsCheckingInterval: 50,
    });
    const slow = talk(server, bytes);
    const other = await talk(server, `GET /healthz HTTP/1.1\r\n${HOST}\r\n`);
    expect(other.status).toBe(200);
    expect((await slow).status).toBe(408);
    expectProblem(await slow);
    expect(harness.log.of("request.failed")).toEqual([]);
  });

  it("has ten seconds for its headers and a minute in all", () => {
    expect(createHttpServer(harness.app.fetch)).toMatchObject({
      headersTimeout: 10_000,
      requestTimeout: 60_000,
    });
    expect(LIMITS.connectionsCheckingInterval).toBeLessThanOrEqual(1000);
  });
});

async function listen(limits: Partial<typeof LIMITS> = {}): Promise<Server> {
  const server = createHttpServer(harness.app.fetch, limits).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return server;
}

function expectProblem({ status, head, body }: Said): void {
  expect(head.toLowerCase()).toContain("content-type: application/problem+json");
  expect(JSON.parse(body)).toMatchObject({ status, title: expect.any(String) as unknown });
}
