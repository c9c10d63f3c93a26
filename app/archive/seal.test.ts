import { CompactEncrypt, CompactSign, UnsecuredJWT } from "jose";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSealer } from "./seal.ts";

const OLD = toKey("old", 1);
const NEW = toKey("new", 2);
const TOKEN = { accessToken: "42-user-access-token", accessSecret: "user-access-secret" };
const UNUSABLE = {
  code: "unusable-record",
  message: "A sealed value cannot be opened with our keys",
};

describe("A sealed value", () => {
  it("opens to what it was, whatever it was", async () => {
    const sealer = createSealer([NEW]);
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const asJson: unknown = JSON.parse(JSON.stringify(value));
        expect(await sealer.open(await sealer.seal(value))).toEqual(asJson);
      }),
    );
  });

  it("shows nothing of itself, and is another each time", async () => {
    const sealer = createSealer([NEW]);
    const [one, two] = [await sealer.seal(TOKEN), await sealer.seal(TOKEN)];
    expect(one).not.toBe(two);
    const parts = one.split(".").map((part) => Buffer.from(part, "base64url").toString("latin1"));
    expect(parts).toHaveLength(5);
    expect(parts.join("\n")).not.toMatch(/access|token|secret/i);
    expect(JSON.parse(parts[0] ?? "")).toEqual({ alg: "dir", enc: "A256GCM", kid: "new" });
  });

  it("does not open once any character of it is another", async () => {
    const sealer = createSealer([NEW, OLD]);
    const sealed = await sealer.seal(TOKEN);
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), base64urlCharacter(), async (at, character) => {
        fc.pre(sealed[at] !== "." && sealed[at] !== character && !isPaddingBit(sealed, at));
        const changed = sealed.slice(0, at) + character + sealed.slice(at + 1);
        await expect(sealer.open(changed)).rejects.toMatchObject(UNUSABLE);
      }),
    );
  });

  it("does not open when it is cut off, or put together of two", async () => {
    const sealer = createSealer([NEW]);
    const one = (await sealer.seal(TOKEN)).split(".");
    const two = (await sealer.seal("another")).split(".");
    const forged = [
      one.slice(0, 4).join("."),
      [...one.slice(0, 4), ""].join("."),
      [...one.slice(0, 3), two[3], one[4]].join("."),
      [...one.slice(0, 4), two[4]].join("."),
      [...one.slice(0, 2), two[2], ...one.slice(3)].join("."),
    ];
    for (const sealed of forged) {
      await expect(sealer.open(sealed)).rejects.toMatchObject(UNUSABLE);
    }
  });

  it.each(["", "x", "....", "a.b.c.d.e", "null", `${"A".repeat(10_000)}.`])(
    "is not what was never sealed (case %#)",
    async (text) => {
      await expect(createSealer([NEW]).open(text)).rejects.toMatchObject(UNUSABLE);
    },
  );

  it("is not what was made otherwise, though with our key", async () => {
    const key = Buffer.from(NEW.k, "base64url");
    const text = Buffer.from(JSON.stringify(TOKEN));
    const made = [
      await new CompactEncrypt(text)
        .setProtectedHeader({ alg: "A256GCMKW", enc: "A256GCM", kid: "new" })
        .encrypt(key),
      await new CompactEncrypt(text)
        .setProtectedHeader({ alg: "dir", enc: "A128CBC-HS256", kid: "new" })
        .encrypt(key),
      await new CompactSign(text).setProtectedHeader({ alg: "HS256", kid: "new" }).sign(key),
      new UnsecuredJWT(TOKEN).encode(),
    ];
    for (const sealed of made) {
      await expect(createSealer([NEW]).open(sealed)).rejects.toMatchObject(UNUSABLE);
    }
  });

  it("that holds no JSON does not open, and is not quoted", async () => {
    const sealed = await new CompactEncrypt(Buffer.from("s3cr3t"))
      .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: "new" })
      .encrypt(Buffer.from(NEW.k, "base64url"));
    const error: unknown = await createSealer([NEW])
      .open(sealed)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(UNUSABLE);
    expect(error).not.toHaveProperty("cause");
  });
});

describe("Keys rotate:", () => {
  it("what the old key sealed opens while both are there, wherever they stand", async () => {
    const sealed = await createSealer([OLD]).seal(TOKEN);
    expect(await createSealer([NEW, OLD]).open(sealed)).toEqual(TOKEN);
    expect(await createSealer([OLD, NEW]).open(sealed)).toEqual(TOKEN);
  });

  it("the first key seals", async () => {
    const sealed = await createSealer([NEW, OLD]).seal(TOKEN);
    expect(await createSealer([NEW]).open(sealed)).toEqual(TOKEN);
    await expect(createSealer([OLD]).open(sealed)).rejects.toMatchObject(UNUSABLE);
  });

  it("without the old key, what it sealed does not open", async () => {
    const sealed = await createSealer([OLD]).seal(TOKEN);
    await expect(createSealer([NEW]).open(sealed)).rejects.toMatchObject(UNUSABLE);
  });

  it("another key under the same name does not open it", async () => {
    const sealed = await createSealer([NEW]).seal(TOKEN);
    const foreign = createSealer([{ ...OLD, kid: "new" }]);
    await expect(foreign.open(sealed)).rejects.toMatchObject(UNUSABLE);
  });

  it("what an older key sealed, or something else, is told from what the first one did", async () => {
    const [old, fresh] = [
      await createSealer([OLD]).seal(TOKEN),
      await createSealer([NEW]).seal(TOKEN),
    ];
    const sealer = createSealer([NEW, OLD]);
    expect([old, fresh, "x", ""].map((sealed) => sealer.isNewest(sealed))).toEqual([
      false,
      true,
      false,
      false,
    ]);
  });

  it("no key at all seals nothing", async () => {
    await expect(createSealer([]).seal(TOKEN)).rejects.toMatchObject({ code: "unusable-record" });
  });
});

function toKey(kid: string, byte: number) {
  return { kty: "oct" as const, kid, k: Buffer.alloc(32, byte).toString("base64url") };
}

function base64urlCharacter(): fc.Arbitrary<string> {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return fc.constantFrom(...alphabet.split(""));
}

/** The last character of a part holds bits that decoding drops: another one there may be the same. */
function isPaddingBit(sealed: string, at: number): boolean {
  return at === sealed.length - 1 || sealed[at + 1] === ".";
}
