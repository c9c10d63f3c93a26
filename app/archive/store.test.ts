import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { createMemoryStore } from "../testing/memory-store.ts";
import { startStorage, type Storage } from "../testing/storage.ts";
import { createAzureStore } from "./azure-store.ts";
import { recordType } from "./records.ts";
import { changeDocument, createDocument, readDocument, type Store, toJson } from "./store.ts";

let storage: Storage;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.close());

/** The contract: everything that the app builds on holds for both. */
describe.each([
  ["in memory", async () => createMemoryStore()],
  ["on Azure Storage", async () => createAzureStore(await storage.createContainers())],
])("The store %s", (_name, createStore) => {
  let store: Store;
  beforeEach(async () => {
    store = await createStore();
  });

  it("has nothing under a name that was never written", async () => {
    expect(await store.read("a.json")).toBeUndefined();
    expect(await listed("")).toEqual([]);
  });

  it("gives back what it was given, byte for byte", async () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    await store.put("bytes", body);
    await store.put("empty", Buffer.alloc(0));
    expect(await bodyOf("bytes")).toEqual(body);
    expect(await bodyOf("empty")).toEqual(Buffer.alloc(0));
  });

  it("is not changed by what happens to the bytes afterwards", async () => {
    const body = Buffer.from("before");
    await store.put("a", body);
    body.write("behind");
    expect(await textOf("a")).toBe("before");
  });

  describe("create", () => {
    it("writes once, and leaves what is there", async () => {
      expect(await store.create("a", Buffer.from("first"))).toBe(true);
      expect(await store.create("a", Buffer.from("second"))).toBe(false);
      expect(await textOf("a")).toBe("first");
    });

    it("lets one of many win", async () => {
      const tries = Array.from({ length: 8 }, (_, index) =>
        store.create("a", Buffer.from(String(index))),
      );
      const won = await Promise.all(tries);
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await textOf("a")).toBe(String(won.indexOf(true)));
    });

    it("may come again after a removal", async () => {
      await store.create("a", Buffer.from("first"));
      await store.remove("a");
      expect(await store.create("a", Buffer.from("second"))).toBe(true);
    });
  });

  describe("replace", () => {
    it("writes over what was read, and gives its new ETag", async () => {
      await store.create("a", Buffer.from("first"));
      const etag = await etagOf("a");
      const next = await store.replace("a", Buffer.from("second"), etag);
      expect(next).toBe(await etagOf("a"));
      expect(next).not.toBe(etag);
      expect(await textOf("a")).toBe("second");
    });

    it("gives a new ETag to the same bytes, too", async () => {
      await store.create("a", Buffer.from("same"));
      const etag = await etagOf("a");
      expect(await store.replace("a", Buffer.from("same"), etag)).not.toBe(etag);
    });

    it("leaves what others have changed, or removed", async () => {
      await store.create("a", Buffer.from("first"));
      const etag = await etagOf("a");
      await store.put("a", Buffer.from("other"));
      expect(await store.replace("a", Buffer.from("second"), etag)).toBeUndefined();
      expect(await textOf("a")).toBe("other");
      await store.remove("a");
      expect(await store.replace("a", Buffer.from("second"), etag)).toBeUndefined();
      expect(await store.read("a")).toBeUndefined();
    });

    it("lets one of many win", async () => {
      await store.create("a", Buffer.from("first"));
      const etag = await etagOf("a");
      const tries = Array.from({ length: 8 }, (_, index) =>
        store.replace("a", Buffer.from(String(index)), etag),
      );
      const won = (await Promise.all(tries)).filter((one) => one !== undefined);
      expect(won).toEqual([await etagOf("a")]);
    });
  });

  describe("put", () => {
    it("writes over what is there, under a new ETag", async () => {
      await store.put("a", Buffer.from("first"));
      const etag = await etagOf("a");
      await store.put("a", Buffer.from("second"));
      expect(await textOf("a")).toBe("second");
      expect(await etagOf("a")).not.toBe(etag);
    });
  });

  describe("evidence", () => {
    const name = "evidence/job-1/posts/captures/c/pages/000001.json";

    it("is created once, read and listed", async () => {
      expect(await store.create(name, Buffer.from("first"))).toBe(true);
      expect(await store.create(name, Buffer.from("second"))).toBe(false);
      expect(await store.createStream(`${name}-2`, toStream([Buffer.from("x")]))).toBe(true);
      await store.put("work/job-1/posts/coverage.json", Buffer.from("{}"));
      expect(await textOf(name)).toBe("first");
      expect(await listed("evidence/job-1/")).toEqual([name, `${name}-2`]);
      expect(await listed("evidence/job-1/posts/captures/c/pa")).toEqual([name, `${name}-2`]);
      expect(await listed("work/")).toEqual(["work/job-1/posts/coverage.json"]);
    });

    it("is not overwritten, replaced or removed", async () => {
      await store.create(name, Buffer.from("first"));
      const etag = await etagOf(name);
      await expect(store.put(name, Buffer.from("x"))).rejects.toThrow("is evidence");
      await expect(store.replace(name, Buffer.from("x"), etag)).rejects.toThrow("is evidence");
      await expect(store.remove(name)).rejects.toThrow("is evidence");
      expect(await textOf(name)).toBe("first");
    });
  });

  describe("createStream", () => {
    it("writes once, whole, and leaves what is there", async () => {
      const chunks = Array.from({ length: 60 }, (_, index) => Buffer.alloc(100_003, index));
      expect(await store.createStream("a", toStream(chunks))).toBe(true);
      expect(await store.createStream("a", toStream([Buffer.from("second")]))).toBe(false);
      expect((await bodyOf("a")).equals(Buffer.concat(chunks))).toBe(true);
    });

    it("lets one of many win", async () => {
      const bodies = Array.from({ length: 4 }, (_, index) => Buffer.alloc(5_000_000, index));
      const won = await Promise.all(
        bodies.map((body) => store.createStream("a", toStream([body]))),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      expect((await bodyOf("a")).equals(bodies[won.indexOf(true)] ?? Buffer.alloc(0))).toBe(true);
    });

    it("leaves nothing when the stream breaks, and says so", async () => {
      const broken = async function* broken() {
        yield Buffer.alloc(5_000_000);
        throw new Error("the connection was cut");
      };
      await expect(store.createStream("a", broken())).rejects.toThrow("the connection was cut");
      expect(await store.read("a")).toBeUndefined();
      expect(await store.createStream("a", toStream([Buffer.from("x")]))).toBe(true);
    });
  });

  describe("readStream", () => {
    it("gives back what was written, and nothing where there is nothing", async () => {
      for (const bytes of [0, 1, 9_000_000, 2 * 4 * 1024 * 1024]) {
        const body = Buffer.alloc(bytes, "0123456789");
        await store.put("a", body);
        const stream = await store.readStream("a");
        expect(Buffer.concat(await Array.fromAsync(stream ?? [])).equals(body)).toBe(true);
      }
      expect(await store.readStream("b")).toBeUndefined();
    });
  });

  describe("remove", () => {
    it("removes, and says whether there was something", async () => {
      await store.put("a", Buffer.from("x"));
      expect(await store.remove("a")).toBe(true);
      expect(await store.remove("a")).toBe(false);
      expect(await store.read("a")).toBeUndefined();
    });

    it("removes what was read, and nothing that was written since", async () => {
      await store.put("a", Buffer.from("first"));
      const etag = await etagOf("a");
      await store.put("a", Buffer.from("second"));
      expect(await store.remove("a", etag)).toBe(false);
      expect(await textOf("a")).toBe("second");
      expect(await store.remove("a", await etagOf("a"))).toBe(true);
      expect(await store.remove("a", etag)).toBe(false);
    });

    it("lets one of many win", async () => {
      await store.put("a", Buffer.from("x"));
      const etag = await etagOf("a");
      const tries = Array.from({ length: 8 }, () => store.remove("a", etag));
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
    });
  });

  describe("Metadata", () => {
    const metadata = { request: "users/42/tweets?a=b%2Cc&d=e", receivedat: "2026-01-01T00:00:00Z" };

    it("stays with what it was written with, in whichever way", async () => {
      await store.put("put", Buffer.from("x"), { metadata });
      await store.create("create", Buffer.from("x"), { metadata });
      await store.createStream("stream", toStream([Buffer.from("x")]), { metadata });
      for (const name of ["put", "create", "stream"]) {
        expect((await store.read(name))?.metadata).toEqual(metadata);
      }
    });

    it("goes with the next writing", async () => {
      await store.put("a", Buffer.from("x"), { metadata });
      await store.replace("a", Buffer.from("y"), await etagOf("a"));
      expect((await store.read("a"))?.metadata).toEqual({});
    });

    it("comes back under names in lower case: they travel as headers", async () => {
      await store.put("a", Buffer.from("x"), { metadata: { ReceivedAt: "now" } });
      expect((await store.read("a"))?.metadata).toEqual({ receivedat: "now" });
    });

    it("is refused where it cannot travel as a header", async () => {
      const odd = { metadata: { request: "caf\u00e9 \u2603" } };
      await expect(store.put("a", Buffer.from("x"), odd)).rejects.toThrow(/character/);
      expect(await store.read("a")).toBeUndefined();
    });
  });

  describe("list", () => {
    it("gives the names below a prefix, in ascending order", async () => {
      const names = ["b/2.json", "b/10.json", "b/1.json", "a.json", "bb.json", "b/c/d.json", "B/1"];
      await Promise.all(names.map((name) => store.put(name, Buffer.from("x"))));
      expect(await listed("b/")).toEqual(["b/1.json", "b/10.json", "b/2.json", "b/c/d.json"]);
      expect(await listed("")).toEqual(names.toSorted());
      expect(await listed("c/")).toEqual([]);
    });

    it("gives names as they were written: an encoded id stays encoded", async () => {
      const names = ["jobs/%2E%2E%2Fb/job.json", "jobs/a%20b/job.json", "jobs/~-_!*'()/job.json"];
      for (const name of names) {
        await store.put(name, Buffer.from(name));
      }
      expect(await listed("jobs/")).toEqual(names.toSorted());
      expect(await textOf("jobs/%2E%2E%2Fb/job.json")).toBe("jobs/%2E%2E%2Fb/job.json");
    });
  });

  describe("A document", () => {
    const type = recordType(z.object({ count: z.number() }));
    const countUp = () =>
      changeDocument(store, {
        name: "a.json",
        type,
        change: ({ count }) => ({ count: count + 1 }),
      });

    it("is changed by each of many, and no change is lost", async () => {
      await createDocument(store, "a.json", type, { count: 0 });
      await Promise.all([countUp(), countUp(), countUp(), countUp()]);
      expect((await readDocument(store, "a.json", type))?.value).toEqual({ count: 4 });
    });

    it("that is not there is not made by a change", async () => {
      expect(await countUp()).toBeUndefined();
      expect(await listed("")).toEqual([]);
    });
  });

  async function bodyOf(name: string): Promise<Buffer> {
    return Buffer.from((await store.read(name))?.body ?? Buffer.from("there is nothing"));
  }

  async function textOf(name: string): Promise<string> {
    return (await bodyOf(name)).toString("utf8");
  }

  async function etagOf(name: string): Promise<string> {
    return (await store.read(name))?.etag ?? "there is nothing";
  }

  function listed(prefix: string): Promise<string[]> {
    return Array.fromAsync(store.list(prefix));
  }
});

describe("A document", () => {
  const type = recordType(z.object({ count: z.number() }));

  it("that no longer has its shape is an error with its name, and without its content", async () => {
    const store = createMemoryStore();
    await store.put("a.json", Buffer.from('{"count":"s3cr3t"}'));
    await store.put("b.json", Buffer.from("s3cr3t"));
    for (const name of ["a.json", "b.json"]) {
      await expect(readDocument(store, name, type)).rejects.toMatchObject({
        code: "unusable-record",
        message: `${name} in the archive cannot be read`,
      });
    }
  });

  it("stays as it is where a change gives nothing", async () => {
    const store = createMemoryStore();
    await createDocument(store, "a.json", type, { count: 1 });
    const before = await store.read("a.json");
    const left = await changeDocument(store, { name: "a.json", type, change: () => undefined });
    expect(left).toEqual({ count: 1 });
    expect(await store.read("a.json")).toEqual(before);
  });

  it("that others change all the time is a conflict, after eight tries", async () => {
    const store = createMemoryStore();
    await createDocument(store, "a.json", type, { count: 1 });
    let tries = 0;
    const busy = {
      ...store,
      async replace() {
        tries += 1;
        return undefined;
      },
    };
    const change = () => ({ count: 2 });
    await expect(changeDocument(busy, { name: "a.json", type, change })).rejects.toMatchObject({
      code: "conflict",
    });
    expect(tries).toBe(8);
    expect((await store.read("a.json"))?.body).toEqual(toJson({ count: 1, schema: 1 }));
  });
});

it("A refusal of Azure Storage is not taken for an absent blob", async () => {
  const containers = await storage.createContainers();
  const container = containers.state;
  const store = createAzureStore(containers);
  await container.delete();
  // 404, but of the container: nothing can be said of the blob.
  await expect(store.read("a")).rejects.toMatchObject({ statusCode: 404 });
  await expect(store.replace("a", Buffer.from("x"), '"1"')).rejects.toMatchObject({
    statusCode: 404,
  });
  await expect(store.remove("a")).rejects.toMatchObject({ statusCode: 404 });
});

it("Content types reach Azure Storage", async () => {
  const containers = await storage.createContainers();
  const container = containers.state;
  const store = createAzureStore(containers);
  await createDocument(store, "a.json", recordType(z.object({})), {});
  await store.put("a.ndjson", Buffer.from("{}"), { contentType: "application/x-ndjson" });
  await store.createStream("a.mp4", toStream([Buffer.from("x")]), { contentType: "video/mp4" });
  await store.put("a", Buffer.from("x"));
  const types = ["a.json", "a.ndjson", "a.mp4", "a"].map(async (name) => {
    return (await container.getBlobClient(name).getProperties()).contentType;
  });
  expect(await Promise.all(types)).toEqual([
    "application/json",
    "application/x-ndjson",
    "video/mp4",
    "application/octet-stream",
  ]);
});

async function* toStream(chunks: Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

it("What lies in the archive tier is there, and cannot be read", async () => {
  const containers = await storage.createContainers();
  const container = containers.state;
  const store = createAzureStore(containers);
  await store.put("page", Buffer.from("{}"));
  await container.getBlobClient("page").setAccessTier("Archive");
  await expect(store.read("page")).rejects.toMatchObject({ code: "evidence-offline" });
  await expect(store.readStream("page")).rejects.toMatchObject({ code: "evidence-offline" });
  expect(await store.create("page", Buffer.from("[]"))).toBe(false);
  expect(await store.createStream("page", toStream([Buffer.from("[]")]))).toBe(false);
});
