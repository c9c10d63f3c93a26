import { expect, it } from "vitest";
import { MendableError } from "../checks/check.ts";
import { pushPackage } from "./push-package.ts";

const HASH = "a".repeat(64);
const BUILT = { hash: HASH, zip: Buffer.from("zip"), zipHash: "", bundleBytes: 3 };
const URL_OF_SCM = "https://c.scm.azurewebsites.net/api/publish?type=zip";
const TOKEN = "token-of-the-deployer";

it("publishes the package with a token, and waits until the site runs it", async () => {
  const { said, asked } = await push({ running: [undefined, undefined, HASH] });
  expect(said).toMatch(/^Package aaaaaaaaaaaaaaaa was brought/);
  expect(asked).toEqual([`POST ${URL_OF_SCM} Bearer ${TOKEN}`]);
});

it.each([
  ["the site runs it already", {}, [HASH], /already/],
  ["the site fetches it by itself", { publishUrl: null }, [], /packageDelivery url/],
] as const)("does nothing where %s", async (_what, outputs, running, words) => {
  const { said, asked } = await push({ outputs, running: [...running] });
  expect(said).toMatch(words);
  expect(asked).toEqual([]);
});

it("brings no other package than the stack was deployed with", async () => {
  const work = push({ outputs: { packageHash: "b".repeat(64) }, running: [] });
  await expect(work).rejects.toThrow(
    /makes package aaaaaaaaaaaaaaaa.*deployed with bbbbbbbbbbbbbbbb/,
  );
});

it.each([
  [401, /az login/],
  [403, /Website Contributor/],
  [409, /packageDelivery push/],
  [500, /npm run push/],
])("says what to do when the endpoint answers %i, and shows no token", async (status, remedy) => {
  const error: unknown = await push({ status, running: [] }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MendableError);
  expect(error).toMatchObject({ remedy: expect.stringMatching(remedy) as unknown });
  expect(String(error)).not.toContain(TOKEN);
});

it("fails when the site does not come to run it", async () => {
  await expect(push({ running: ["b".repeat(64)], waitMs: 1 })).rejects.toThrow(/does not run it/);
});

/** `running`: what the site says that it runs, in turn; the last for ever. */
async function push({
  outputs = {},
  running,
  status = 200,
  waitMs = 60_000,
}: {
  outputs?: { publishUrl?: string | null; packageHash?: string };
  running: (string | undefined)[];
  status?: number;
  waitMs?: number;
}) {
  const asked: string[] = [];
  const said = await pushPackage({
    outputs: { packageHash: HASH, publishUrl: URL_OF_SCM, ...outputs },
    build: async () => BUILT,
    credential: { getToken: async () => ({ token: TOKEN, expiresOnTimestamp: 0 }) },
    site: {
      health: async () => {
        const packageHash = running.length > 1 ? running.shift() : running[0];
        if (packageHash === undefined) {
          throw new MendableError("nothing answers", "wait");
        }
        return { version: "1", packageHash, missing: [] };
      },
    },
    waitMs,
    send: async (url, init) => {
      const { authorization } = Object.fromEntries(new Headers(init?.headers));
      asked.push(`${init?.method} ${new Request(url).url} ${authorization}`);
      return new Response("", { status });
    },
  });
  return { said, asked };
}
