import { once } from "node:events";
import type http from "node:http";
import https from "node:https";
import net from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { startScriptedX } from "../testing/serve-x.ts";
import { createTrustedCertificate } from "../testing/trusted-certificate.ts";
import { createXAgent, X_PUBLIC_URL } from "./agent.ts";

const HAS_IPV6 = Object.values(networkInterfaces())
  .flat()
  .some((network) => network?.address === "::1");

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** A request to the public X, through an agent. */
async function ask(agent: http.Agent, path = "/2/users/me"): Promise<string> {
  const request = https.get(`${X_PUBLIC_URL}${path}`, { agent });
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once("response", resolve).once("error", reject);
  });
  return Buffer.concat(await Array.fromAsync<Buffer>(await answered)).toString();
}

describe("The agent for the public X", () => {
  it("speaks TLS and keeps its connections", () => {
    const agent = createXAgent(X_PUBLIC_URL);
    expect(agent).toBeInstanceOf(https.Agent);
    expect(agent).toMatchObject({ protocol: "https:", defaultPort: 443, keepAlive: true });
    agent.destroy();
  });
});

describe("The agent for another X", () => {
  it("connects there, and asks for what it would ask the public X for", async () => {
    const x = await startScriptedX(() => ({ status: 200, body: "hello" }));
    closing.push(() => x.close());
    expect(await ask(createXAgent(x.url), "/2/users/me?user.fields=name")).toBe("hello");
    expect(x.requests).toMatchObject([{ url: "/2/users/me?user.fields=name", host: "api.x.com" }]);
  });

  it("uses a connection again", async () => {
    const server = net.createServer((socket) => {
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
    });
    let connections = 0;
    server.on("connection", () => {
      connections += 1;
    });
    const agent = createXAgent(await listen(server, "127.0.0.1"));
    expect([await ask(agent), await ask(agent)]).toEqual(["ok", "ok"]);
    expect(connections).toBe(1);
    agent.destroy();
  });

  it.skipIf(!HAS_IPV6)("finds one at an IPv6 address", async () => {
    const server = net.createServer((socket) => {
      socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
    });
    expect(await ask(createXAgent(await listen(server, "::1")))).toBe("ok");
  });

  it("fails where nobody listens", async () => {
    const x = await startScriptedX(() => ({ status: 200 }));
    await x.close();
    await expect(ask(createXAgent(x.url))).rejects.toThrow("ECONNREFUSED");
  });

  it("trusts one that speaks TLS for its certificate only", async () => {
    const certificate = await createTrustedCertificate();
    closing.push(() => certificate.close());
    const { key, cert } = certificate;
    const server = https.createServer({ key, cert }, (_request, response) => response.end("ok"));
    const url = (await listen(server, "127.0.0.1")).replace("http:", "https:");
    await expect(ask(createXAgent(url))).rejects.toMatchObject({
      code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    });
    await certificate.trust();
    const agent = createXAgent(url);
    expect(await ask(agent)).toBe("ok");
    agent.destroy();
  });
});

async function listen(server: net.Server, host: string): Promise<string> {
  server.listen(0, host);
  await once(server, "listening");
  closing.push(async () => {
    server.close();
    await once(server, "close");
  });
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("The server is not listening on a port");
  }
  return `http://${net.isIPv6(host) ? `[${host}]` : host}:${address.port}`;
}
