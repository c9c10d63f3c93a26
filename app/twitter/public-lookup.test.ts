import { once } from "node:events";
import https from "node:https";
import net from "node:net";
import { describe, expect, it } from "vitest";
import { createXAgent, X_PUBLIC_URL } from "./agent.ts";
import { isPublic, lookupPublic } from "./public-lookup.ts";

describe("isPublic", () => {
  it.each<[string, boolean]>([
    ["104.244.42.1", true],
    ["151.101.1.1", true],
    ["9.255.255.255", true],
    ["11.0.0.0", true],
    ["172.15.255.255", true],
    ["172.32.0.0", true],
    ["223.255.255.255", true],
    ["0.0.0.0", false],
    ["10.0.0.1", false],
    ["100.64.0.1", false],
    ["127.0.0.1", false],
    ["168.63.129.16", false],
    ["169.254.169.254", false],
    ["172.16.0.1", false],
    ["172.31.255.255", false],
    ["192.168.1.1", false],
    ["198.18.0.1", false],
    ["203.0.113.7", false],
    ["224.0.0.1", false],
    ["255.255.255.255", false],
    ["2606:4700::6810:1", true],
    ["2a04:4e42::347", true],
    ["::", false],
    ["::1", false],
    ["::ffff:127.0.0.1", false],
    ["::ffff:104.244.42.1", false],
    ["64:ff9b::7f00:1", false],
    ["2001:db8::1", false],
    ["2001:0:4136:e378::1", false],
    ["2002:7f00:1::", false],
    ["fc00::1", false],
    ["fd12:3456::1", false],
    ["fe80::1", false],
    ["ff02::1", false],
  ])("%s: %s", (address, expected) => {
    expect(isPublic({ address, family: net.isIP(address) })).toBe(expected);
  });
});

describe("lookupPublic", () => {
  it.each([{ all: true }, { all: false }, {}])(
    "does not resolve a name of our own (%o)",
    async (options) => {
      const error = await new Promise((resolve) => {
        lookupPublic("localhost", options, (failure) => resolve(failure));
      });
      expect(error).toMatchObject({ code: "ERR_NOT_PUBLIC" });
    },
  );

  it("says what the system says where a name does not exist", async () => {
    const error = await new Promise((resolve) => {
      lookupPublic("no-such-host.invalid", {}, (failure) => resolve(failure));
    });
    expect(error).toMatchObject({ syscall: "getaddrinfo" });
  });
});

it("The agent to the public X does not connect to what is no public address", async () => {
  const server = net.createServer().listen(0);
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  let connections = 0;
  server.on("connection", (socket) => {
    connections += 1;
    socket.destroy();
  });
  const request = https.get({ host: "localhost", port, agent: createXAgent(X_PUBLIC_URL) });
  const error = await new Promise((resolve) => request.once("error", resolve));
  server.close();
  expect(error).toMatchObject({ code: "ERR_NOT_PUBLIC" });
  expect(connections).toBe(0);
});
