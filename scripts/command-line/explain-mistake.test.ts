import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { MendableError } from "../checks/check.ts";
import { explainMistake } from "./explain-mistake.ts";

describe("a person's mistake", () => {
  it.each<[string, () => Promise<unknown>, string]>([
    ["a file that is not there", () => readFile("none.json"), "none.json is not there"],
    ["a folder for a file", () => writeFile("app", ""), "app is a folder, and not a file"],
    [
      "a folder below a file",
      () => mkdir("package.json/kept", { recursive: true }),
      "package.json/kept lies in something that is not a folder",
    ],
    ["a file for a folder", () => mkdir("LICENSE"), "LICENSE is there already, and not a folder"],
  ])("%s is explained where the person named it", async (_what, act, message) => {
    const error: unknown = await act().catch((thrown: unknown) => thrown);
    const named = ["none.json", "app", "package.json/kept", "LICENSE"];
    expect(explainMistake(error, named)).toMatchObject({
      message,
      remedy: expect.stringMatching(/\w/) as unknown,
    });
    expect(explainMistake(error, ["--once", "docs"])).toBeUndefined();
  });

  it.each(["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EMFILE"])(
    "%s is explained wherever it happens, and however deep",
    (code) => {
      const error = Object.assign(new Error(code), { code, path: "dist/x" });
      const deep = new AggregateError([new Error("a", { cause: error })], "several");
      expect(explainMistake(error, [])?.message).toMatch(/^dist\/x /);
      expect(explainMistake(deep, [])?.message).toMatch(/^dist\/x /);
    },
  );

  it("a port in use is named", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        resolve(typeof address === "object" && address ? address.port : 0);
      });
    });
    const second = createServer();
    const error = await new Promise<unknown>((resolve) => {
      second.once("error", resolve).listen(port, "127.0.0.1");
    });
    server.close();
    expect(explainMistake(error, [])?.message).toBe(
      `127.0.0.1:${port} is in use by another program`,
    );
  });

  it("a temporary folder that is not there is one, too", () => {
    const error = Object.assign(new Error(), { code: "ENOENT", path: `${tmpdir()}/x-1` });
    expect(explainMistake(error, [])?.message).toBe(`${tmpdir()}/x-1 is not there`);
  });

  it("is told as it is where a script has words for it", () => {
    const error = new MendableError("broken", "mend it");
    expect(explainMistake(error, [])).toBe(error);
  });
});

describe("a defect of ours", () => {
  it.each<[string, unknown]>([
    ["any error", new TypeError("x is not a function")],
    [
      "a file of ours that is not there",
      Object.assign(new Error(), { code: "ENOENT", path: "app/x" }),
    ],
    ["a broken connection", Object.assign(new Error(), { code: "ECONNRESET" })],
    ["no error at all", "hello"],
  ])("%s is not explained away", (_what, error) => {
    expect(explainMistake(error, ["none.json"])).toBeUndefined();
  });
});
