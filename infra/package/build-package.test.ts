import { createHash } from "node:crypto";
import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { buildPackage } from "./build-package.ts";

describe("buildPackage", () => {
  it("gives the same bytes for the same source", async () => {
    const [one, two] = [await buildPackage(), await buildPackage()];
    expect(Buffer.from(one.zip).equals(two.zip)).toBe(true);
    expect(one.hash).toBe(two.hash);
  });

  it("holds the bundle and says its hash, under sorted names and no date", async () => {
    const { zip, hash } = await buildPackage();
    const files = unzipSync(zip);
    expect(Object.keys(files)).toEqual(["package.json", "server.js"]);
    expect(
      createHash("sha256")
        .update(files["server.js"] ?? "")
        .digest("hex"),
    ).toBe(hash);
    const about: unknown = JSON.parse(Buffer.from(files["package.json"] ?? "").toString());
    expect(about).toMatchObject({ packageHash: hash, type: "module" });
    // Bytes 10 to 13 of a local header: time and date; 0x0021 is 1980-01-01 (APPNOTE 4.4.6).
    expect(Array.from(zip.slice(10, 14))).toEqual([0, 0, 0x21, 0]);
  });

  it("lets everybody read its files on Linux", async () => {
    const zip = Buffer.from((await buildPackage()).zip);
    const modes: string[] = [];
    // Headers of the central directory (APPNOTE 4.3.12): made on at 5, external attributes at 38.
    for (
      let at = zip.indexOf("PK\u0001\u0002");
      at >= 0;
      at = zip.indexOf("PK\u0001\u0002", at + 4)
    ) {
      modes.push(`${zip[at + 5]} ${(zip.readUInt32LE(at + 38) >>> 16).toString(8)}`);
    }
    expect(modes).toEqual(["3 100644", "3 100644"]);
  });

  it("is ASCII: V8 keeps any other source in two bytes a character", async () => {
    const bundle = unzipSync((await buildPackage()).zip)["server.js"] ?? new Uint8Array();
    const at = bundle.findIndex((byte) => byte > 127);
    expect(Buffer.from(bundle.subarray(at, at + 40)).toString()).toBe("");
  });

  it("carries no path of the machine that built it", async () => {
    const bundle = Buffer.from(unzipSync((await buildPackage()).zip)["server.js"] ?? "").toString();
    expect(bundle).not.toContain(process.cwd());
  });
});
