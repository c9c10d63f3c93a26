import { describe, expect, it } from "vitest";
import { names } from "../archive/names.ts";
import type { Rediscovered } from "../capture/rediscovered.ts";
import { readSnapshot, readSnapshotState, versionsOf } from "../capture/snapshots.ts";
import { createClock } from "../testing/clock.ts";
import { ACCOUNT, createParts, OWN_TOKEN } from "../testing/harness.ts";
import type { FetchMedia } from "../twitter/media.ts";
import { PROFILE } from "./profile.ts";

const KEY = { jobId: "job-1", feed: PROFILE };
const SOURCE = { ...KEY, accountId: ACCOUNT.id, token: OWN_TOKEN };
const PICTURE = "https://pbs.twimg.com/profile_images/1/quay_normal.jpg";
const USER = {
  ...ACCOUNT,
  description: "Gulls & tides: https://t.co/a",
  entities: {
    description: { urls: [{ url: "https://t.co/a", expanded_url: "https://a.example" }] },
  },
  location: "Norrholm",
  protected: false,
  verified: true,
  verified_type: "business",
  pinned_tweet_id: "7",
  profile_image_url: PICTURE,
};

describe("The profile", () => {
  it("has a version when it is seen first, with its picture, and none while it stays so", async () => {
    const world = createWorld();
    await world.look(USER);
    await world.look(USER);
    expect(await world.versions()).toMatchObject([
      { id: "profile-42-20260601T120000Z", seenAt: "2026-06-01T12:00:00Z", changed: [] },
    ]);
    expect(world.announced()).toEqual([
      { as: "recorded", id: "profile-42-20260601T120000Z", page: names.snapshotVersion(KEY, 1) },
    ]);
    // What X had uploaded, and not the small one.
    expect(world.downloads).toEqual([PICTURE.replace("_normal", "")]);
    const item = await world.itemOf(1);
    expect(item).toMatchObject({
      Id: "profile-42-20260601T120000Z",
      ItemType: "Profile",
      ThreadId: `profile-${ACCOUNT.id}`,
      ParentId: null,
      Sender: { Id: ACCOUNT.id },
      Recipients: [],
      SentTimeUtc: "2026-06-01T12:00:00Z",
      PreContext: null,
    });
    for (const words of [
      "Name: Small",
      "Handle: @small",
      "Bio: Gulls & tides: https://a.example",
      "Location: Norrholm",
      "Pinned post: 7",
      "Verified: yes (business)",
      "Protected: no",
    ]) {
      expect(item?.Content).toContain(words);
    }
  });

  it.each([
    ["Name", { name: "Large" }, "Name: Small -> Large"],
    ["Handle", { username: "large" }, "Handle: @small -> @large"],
    ["Location", { location: undefined }, "Location: Norrholm -> (nothing)"],
    ["Protected", { protected: true }, "Protected: no -> yes"],
    ["Verified", { verified: false, verified_type: "none" }, "Verified: yes (business) -> no"],
    ["Pinned post", { pinned_tweet_id: "8" }, "Pinned post: 7 -> 8"],
  ])(
    "has another version when its %s changes, which says what was before",
    async (name, set, line) => {
      const world = createWorld();
      await world.look(USER);
      await world.look({ ...USER, ...set });
      expect(await world.versions()).toMatchObject([
        {},
        { changed: [name], before: { id: "profile-42-20260601T120000Z" } },
      ]);
      const item = await world.itemOf(2);
      expect(item?.Content).toContain(`Changed: ${name}`);
      expect(item?.Content).toContain(line);
      expect(item?.ParentId).toBe("profile-42-20260601T120000Z");
    },
  );

  it("is the same where counts differ, or the address of the same picture", async () => {
    const world = createWorld();
    await world.look(USER);
    const other = "https://pbs.twimg.com/profile_images/2/quay_normal.jpg";
    await world.look({ ...USER, public_metrics: { tweet_count: 5 }, profile_image_url: other });
    expect(await world.versions()).toHaveLength(1);
  });

  it("has another version for another picture, and says where X has none under its address", async () => {
    const world = createWorld();
    await world.look(USER);
    const other = "https://pbs.twimg.com/profile_images/2/mole_normal.jpg";
    await world.look({ ...USER, profile_image_url: other });
    const lost = "https://pbs.twimg.com/profile_images/3/lost_normal.jpg";
    await world.look({ ...USER, profile_image_url: lost });
    await world.look({ ...USER, profile_image_url: lost });
    expect((await world.versions()).map(({ changed }) => changed)).toEqual([
      [],
      ["picture"],
      ["picture"],
    ]);
    // Both files when it is compared and when it becomes a version, and not again with each look.
    expect(world.downloads.filter((url) => url.includes("lost"))).toHaveLength(4);
    const item = await world.itemOf(3);
    expect(item?.Content).toMatch(/Not attached: picture \S+: X answered 404/);
    expect(item?.Content).toContain(lost);
  });

  it("is seen once where the process ends at any step of it", async () => {
    for (let writes = 1; writes < 12; writes += 1) {
      const world = createWorld();
      await world.look(USER, writes);
      await world.look(USER);
      await world.look(USER);
      const versions = await world.versions();
      expect(versions).toHaveLength(1);
      expect(new Set(world.announced().map(({ id }) => id)).size).toBe(1);
      expect(versions[0]?.id).toBe(world.announced()[0]?.id);
      expect(await readSnapshotState(world.store, KEY)).toMatchObject({ versions: 1 });
    }
  });

  it("is another one a second later, where two changes come within one", async () => {
    const world = createWorld();
    await world.look(USER);
    world.stand();
    await world.look({ ...USER, name: "Large" });
    expect((await world.versions()).map(({ id }) => id)).toEqual([
      "profile-42-20260601T120000Z",
      "profile-42-20260601T120001Z",
    ]);
  });

  it("is asked for 30 times in a quarter of an hour at most", async () => {
    const world = createWorld(1);
    for (let look = 0; look < 40; look += 1) {
      await world.look(USER);
    }
    expect(world.asked()).toBe(30);
  });

  it("that cannot be read is an error, and no version", async () => {
    const world = createWorld();
    await expect(world.look({ nothing: true })).rejects.toMatchObject({ code: "x-bad-response" });
    expect(await world.versions()).toEqual([]);
  });
});

/** An account whose profile is looked at once a minute, or as often as is said. */
function createWorld(seconds = 60) {
  const clock = createClock();
  clock.set("2026-06-01T12:00:00.000Z");
  const parts = createParts("http://127.0.0.1:1");
  const { store } = parts;
  const downloads: string[] = [];
  const announced: Rediscovered[] = [];
  let asked = 0;
  let isStill = true;
  const fetchMedia: FetchMedia = async (url) => {
    downloads.push(url);
    if (url.includes("lost")) {
      return { refusal: "X answered 404", status: 404 };
    }
    const bytes = Buffer.from(
      `\u00ff\u00d8\u00ff${url.includes("mole") ? "mole" : "quay"}`,
      "latin1",
    );
    return {
      bytes: bytes.byteLength,
      contentType: "image/jpeg",
      body: (async function* body() {
        yield bytes;
      })(),
      cancel: () => undefined,
    };
  };
  return {
    store,
    downloads,
    asked: () => asked,
    announced: () => announced,
    stand: () => clock.advance(-seconds * 1000),
    versions: async () =>
      (await Array.fromAsync(versionsOf(store, KEY))).map(({ version }) => version),
    async look(user: object, mostWrites = Infinity): Promise<void> {
      clock.advance(isStill ? 0 : seconds * 1000);
      isStill = false;
      let writes = 0;
      const unlessOver = <T>(write: () => Promise<T>) => {
        writes += 1;
        if (writes > mostWrites) {
          throw new Error("the process ends");
        }
        return write();
      };
      const dying = {
        ...store,
        create: (...args: Parameters<typeof store.create>) =>
          unlessOver(() => store.create(...args)),
        replace: (...args: Parameters<typeof store.replace>) =>
          unlessOver(() => store.replace(...args)),
      };
      const reading = readSnapshot(
        {
          store: dying,
          twitter: {
            ...parts.twitter,
            async read() {
              asked += 1;
              const receivedat = clock.now().toISOString();
              return {
                body: Buffer.from(JSON.stringify({ data: user })),
                about: { receivedat, request: "users/me" },
              };
            },
          },
          fetchMedia,
          log: () => undefined,
          now: clock.now,
          wait: async (ms) => clock.advance(ms),
          announce: async (_of, found) => {
            announced.push(...found);
          },
        },
        SOURCE,
      );
      await (mostWrites === Infinity ? reading : reading.catch(() => undefined));
    },
    async itemOf(number: number) {
      const page = await PROFILE.openPage(store, names.snapshotVersion(KEY, number));
      const record = await page?.find(page.records[0]?.id ?? "");
      const media = new Map(
        (record?.media ?? []).map(({ postId, mediaKey, type, omitted }) => [
          postId,
          [{ mediaKey, type, ...(omitted !== undefined && { omitted }) }],
        ]),
      );
      const provenance = {
        jobId: "job-1",
        window: { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" },
        pageSha256: page?.sha256 ?? "",
      };
      return record?.toItem({ account: ACCOUNT, media, provenance });
    },
  };
}
