import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createIssuer } from "../testing/entra-tokens.ts";
import { testSettings } from "../testing/environment.ts";
import { createAuthenticate } from "./authenticate.ts";

const { TENANT_ID, AZURE_APP_ID } = testSettings();
const { keys } = await createIssuer();
const someCharacter = fc.oneof(
  fc.constantFrom(":", " ", "é", "☃"),
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }).map((text) => text.toWellFormed()),
);
const someSecret = fc.string({ unit: someCharacter, minLength: 16 });

describe("Basic", () => {
  it("lets in who has the tenant and the secret, whatever characters are in it", async () => {
    await fc.assert(
      fc.asyncProperty(someSecret, fc.mixedCase(fc.constant(TENANT_ID)), async (secret, tenant) => {
        expect(await judge(secret, `Basic ${encode(`${tenant}:${secret}`)}`)).toBe("trusted");
      }),
    );
  });

  it("lets in nobody with another secret, however near it is", async () => {
    const near = fc.tuple(someSecret, fc.nat(), fc.nat(0xff)).map(([secret, at, code]) => {
      const place = at % secret.length;
      const other = secret.slice(0, place) + String.fromCharCode(code) + secret.slice(place + 1);
      return [secret, other];
    });
    const others = fc.oneof(
      fc.tuple(someSecret, someSecret),
      near,
      someSecret.map((secret) => [secret, secret.slice(1)]),
      someSecret.map((secret) => [secret, `${secret} `]),
      someSecret.map((secret) => [secret, `${TENANT_ID}:${secret}`]),
    );
    await fc.assert(
      fc.asyncProperty(others, async ([secret = "", other = ""]) => {
        fc.pre(secret !== other.toWellFormed());
        const authorization = `Basic ${encode(`${TENANT_ID}:${other.toWellFormed()}`)}`;
        expect(await judge(secret, authorization)).toBe("wrong");
      }),
    );
  });

  it("lets in nobody of another tenant", async () => {
    await fc.assert(
      fc.asyncProperty(someSecret, fc.uuid(), async (secret, tenant) => {
        expect(await judge(secret, `Basic ${encode(`${tenant}:${secret}`)}`)).toBe("wrong");
      }),
    );
  });

  it("takes whatever else stands in the header for wrong, and fails at nothing", async () => {
    const schemes = fc.constantFrom("Basic ", "basic", "Bearer ", "BEARER\t", "", "Basic Basic ");
    const credential = fc.oneof(fc.string({ unit: "binary" }), fc.base64String());
    await fc.assert(
      fc.asyncProperty(schemes, credential, async (scheme, text) => {
        expect(await judge("the secret of the connector", scheme + text)).toBe("wrong");
      }),
    );
  });
});

async function judge(secret: string, authorization: string): Promise<string> {
  return createAuthenticate(
    { TENANT_ID, AZURE_APP_ID, API_SECRET_KEY: secret },
    keys,
  )(authorization);
}

function encode(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
