import { describe, expect, it } from "vitest";
import { testSettings } from "../testing/environment.ts";
import { sasProblem } from "./sas.ts";

const NOW = new Date("2026-06-01T12:00:00Z");
const HOSTS = ["blob.core.windows.net", "storage.example", "127.0.0.1"];
const HOST = "https://import.blob.core.windows.net";

function sas(changes: Record<string, string | undefined> = {}, container = `${HOST}/tenant`) {
  const all = { sv: "2024-11-04", sp: "w", se: "2026-06-02T00:00:00Z", sig: "s", ...changes };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(all)) {
    if (value !== undefined) {
      query.set(name, value);
    }
  }
  return `${container}?${query.toString()}`;
}

describe("A container SAS", () => {
  it.each([
    ["of the platform's storage", sas()],
    ["that may create and not overwrite", sas({ sp: "c" })],
    ["that may do more than write", sas({ sp: "racwdl" })],
    ["that ends in a second", sas({ se: "2026-06-01T12:00:01Z" })],
    ["whose end has no seconds", sas({ se: "2026-06-01T12:01Z" })],
    ["whose end is a day", sas({ se: "2026-06-02" })],
    ["of a host that is named itself", sas({}, "https://storage.example/tenant")],
    ["of a host in a zone", sas({}, "https://a.z01.storage.example/tenant")],
    ["whose port is that of https", sas({}, `${HOST}:443/tenant`)],
    ["of a stand-in on the same machine", sas({}, "https://127.0.0.1:10000/account/tenant")],
    ["of a container, as it says", sas({ sr: "c" })],
    ["of a host in capitals", sas({}, "https://IMPORT.BLOB.core.windows.net/tenant")],
  ])("can be used: one %s", (_what, uri) => {
    expect(sasProblem(uri, HOSTS, NOW)).toBeUndefined();
  });

  it.each([
    ["no address", "is not an https address", "tenant?sig=s"],
    ["nothing", "is not an https address", ""],
    ["plain http", "is not an https address", sas().replace("https:", "http:")],
    ["a file", "is not an https address", "file:///tenant?sp=w&se=2026-06-02&sig=s"],
    [
      "another host",
      "names the host evil.example, which is no Azure Storage host (setting SAS_HOSTS)",
      sas({}, "https://evil.example/tenant"),
    ],
    ["a host that ends alike", /no Azure Storage host/, sas({}, "https://evilstorage.example/t")],
    [
      "a host that begins alike",
      /no Azure Storage host/,
      sas({}, "https://import.blob.core.windows.net.evil.example/t"),
    ],
    [
      "a host behind a user name",
      "names a user before its host",
      sas({}, "https://import.blob.core.windows.net@evil.example/t"),
    ],
    [
      "a user",
      "names a user before its host",
      sas({}, "https://user@import.blob.core.windows.net/tenant"),
    ],
    [
      "a password",
      "names a user before its host",
      sas({}, "https://:secret@import.blob.core.windows.net/tenant"),
    ],
    [
      "a port",
      "names the port 8443, which no Azure Storage host has",
      sas({}, `${HOST}:8443/tenant`),
    ],
    ["no container", "names no container", sas({}, `${HOST}/`)],
    ["no path", "names no container", sas({}, HOST)],
    ["slashes for a container", "names no container", sas({}, `${HOST}///`)],
    ["dots for a container", "names no container", sas({}, `${HOST}/./..`)],
    ["one blob", "is of one blob, and not of a container (sr)", sas({ sr: "b" })],
    [
      "an address of the site's own network",
      /no Azure Storage host/,
      sas({}, "https://10.0.0.1/t"),
    ],
    ["no signature", "has no signature (sig)", sas({ sig: undefined })],
    ["no permissions", "does not allow writing (sp)", sas({ sp: undefined })],
    ["reading alone", "does not allow writing (sp)", sas({ sp: "rl" })],
    ["no end", "says no time of expiry (se)", sas({ se: undefined })],
    ["an end that is no time", "says no time of expiry (se)", sas({ se: "tomorrow" })],
    [
      "an end that is now",
      "expired at 2026-06-01T12:00:00.000Z (se)",
      sas({ se: "2026-06-01T12:00:00Z" }),
    ],
    [
      "an end that is over",
      "expired at 2026-05-31T22:00:00.000Z (se)",
      sas({ se: "2026-06-01T00:00:00+02:00" }),
    ],
  ])("cannot be used: one with %s", (_what, problem, uri) => {
    const found = sasProblem(uri, HOSTS, NOW);
    expect(found).toMatch(problem);
    expect(found).not.toContain("sig=");
  });

  it("of Azure's public hosts needs no setting", () => {
    const { SAS_HOSTS } = testSettings();
    const uris = [sas(), sas({}, "https://import.z01.blob.storage.azure.net/tenant")];
    expect(uris.map((uri) => sasProblem(uri, SAS_HOSTS, NOW))).toEqual([undefined, undefined]);
  });

  it("of a host behind a blank or nothing in the setting is no surprise", () => {
    const { SAS_HOSTS } = testSettings({ SAS_HOSTS: "storage.example, blob.core.windows.net," });
    expect(sasProblem(sas(), SAS_HOSTS, NOW)).toBeUndefined();
    expect(sasProblem(sas({}, "https://evil.example./t"), SAS_HOSTS, NOW)).toMatch(/no Azure/);
  });
});
