import { afterEach, describe, expect, it } from "vitest";
import type { LocalX, TrueProfile } from "../contracts.ts";
import { generateTimeline } from "./generate.ts";
import { createMediaFiles } from "./media-files.ts";
import type { ScriptEvent } from "./script-event.ts";
import { createStage } from "./stage.ts";
import { getAnswer } from "./testing/get-answer.ts";
import { getAs } from "./testing/get-as.ts";
import { postAt, smallTimeline, startSmallX } from "./testing/small-timeline.ts";
import { isSameProfile, tellProfile } from "./true-profile.ts";

const ALL = {
  "user.fields":
    "description,location,pinned_tweet_id,profile_banner_url,profile_image_url,protected,url,verified_type",
};
const PICTURES = "https://pbs.twimg.com/profile_images";
const BANNER = "https://pbs.twimg.com/profile_banners/42/7";
const PINNED = postAt("2026-01-01T00:00:00.000Z");

function at(hour: number, set: Record<string, unknown>, user?: string): ScriptEvent {
  const time = `2026-01-01T${String(hour).padStart(2, "0")}:00:00.000Z`;
  return { at: time, what: "bio", set, ...(user !== undefined && { user }) };
}

describe("an account's profile", () => {
  let x: LocalX | undefined;
  afterEach(async () => x?.close());

  async function startX(script: ScriptEvent[], lostMedia: string[] = []): Promise<LocalX> {
    return (x = await startSmallX([PINNED], { script, lostMedia, history: false }));
  }

  it("changes as X's clock passes what the script says, member by member", async () => {
    const running = await startX([
      at(3, { description: null, pinned_tweet_id: PINNED.id }),
      at(2, { description: "We are small", username: "smaller" }),
      at(2, { name: "Other" }, "43"),
    ]);
    const read = async (time: string) => {
      running.setNow(new Date(time));
      return (await getAnswer(running, "users/me", ALL)).data?.[0];
    };
    const before = { id: "42", name: "Small", username: "small" };
    expect(await read("2026-01-01T01:59:59Z")).toEqual(before);
    const renamed = { ...before, username: "smaller" };
    expect(await read("2026-01-01T02:00:00Z")).toEqual({ ...renamed, description: "We are small" });
    expect(await read("2026-01-02T00:00:00Z")).toEqual({ ...renamed, pinned_tweet_id: PINNED.id });
    expect(await read("2026-01-01T01:00:00Z")).toEqual(before);
  });

  it("is as it was with the newest post where all exists from the start", async () => {
    const late = postAt("2026-01-01T02:30:00.000Z");
    const script = [at(2, { username: "smaller" }), at(3, { username: "smallest" })];
    x = await startSmallX([late, PINNED], { script });
    const fields = { "tweet.fields": "author_id", expansions: "author_id" };
    const { includes } = await getAnswer(x, "users/42/tweets", fields);
    expect(includes?.["users"]).toMatchObject([{ username: "smaller" }]);
  });

  it("brings the pinned post along, in either vocabulary", async () => {
    const running = await startX([at(1, { pinned_tweet_id: PINNED.id })]);
    running.setNow(new Date("2026-01-01T02:00:00Z"));
    const read = async (expansions: string) => getAnswer(running, "users/me", { expansions });
    expect(await read("pinned_tweet_id")).toMatchObject({
      data: [{ pinned_tweet_id: PINNED.id }],
      includes: { tweets: [{ id: PINNED.id }] },
    });
    const renamed = await read("pinned_post_id");
    expect(renamed).toMatchObject({
      data: [{ pinned_post_id: PINNED.id }],
      includes: { posts: [{ id: PINNED.id }] },
    });
    expect(renamed.data?.[0]).not.toHaveProperty("pinned_tweet_id");
    const [unasked] = (await getAnswer(running, "users/me")).data ?? [];
    expect(unasked).toEqual({ id: "42", name: "Small", username: "small" });
  });

  it("has its pictures on the media host, the best without `_normal` and with `/1500x500`", async () => {
    const [same, other] = [`${PICTURES}/2/a_normal.jpg`, `${PICTURES}/2/b_normal.jpg`];
    const lost = `${PICTURES}/3/c_normal.jpg`;
    const script = [`${PICTURES}/1/a_normal.jpg`, same, other, lost].map((url, hour) =>
      at(hour, { profile_image_url: url, profile_banner_url: BANNER }),
    );
    const { url } = await startX(script, [lost]);
    const get = async (address: string) => getAs(url, address.replace("_normal", ""));
    const [first, second, third, gone] = await Promise.all(
      [`${PICTURES}/1/a_normal.jpg`, same, other, lost].map(get),
    );
    expect(first?.status).toBe(200);
    expect(second?.body).toEqual(first?.body);
    expect(third?.body).not.toEqual(first?.body);
    expect((await getAs(url, same)).body).not.toEqual(second?.body);
    expect([gone?.status, (await getAs(url, lost)).status]).toEqual([404, 404]);
    const [wide, bare] = [await get(`${BANNER}/1500x500`), await get(BANNER)];
    expect([wide.status, bare.status]).toEqual([200, 200]);
    expect(wide.body).not.toEqual(bare.body);
    expect(wide.headers["content-type"]).toBe("image/jpeg");
  });

  it("is kept as it was shown, for as long as nothing changes that one can read", async () => {
    const running = await startX([
      at(2, { description: "We are small" }),
      at(3, { profile_image_url: `${PICTURES}/1/a_normal.jpg` }),
      at(4, { profile_image_url: `${PICTURES}/2/a_normal.jpg` }),
    ]);
    for (const hour of [1, 1, 2, 3, 4]) {
      running.setNow(new Date(Date.UTC(2026, 0, 1, hour)));
      await getAnswer(running, "users/me", ALL);
      await getAnswer(running, "users/me");
    }
    const shown = running.profilesShown() ?? [];
    expect(shown.map(({ profile }) => [profile.about.text, profile.pictures.length])).toEqual([
      ["", 0],
      ["We are small", 0],
      ["We are small", 1],
    ]);
    expect(running.billed()).toEqual({ ownPosts: 0, otherPosts: 0, users: 0, dollars: 0 });
  });
});

it("Users are told by their ids, protected ones, too, and what X does not know is an error", async () => {
  const x = await startSmallX([PINNED]);
  const { data, errors } = await getAnswer(x, "users", {
    ids: "44,43,7",
    "user.fields": "protected",
  });
  expect(data).toMatchObject([{ id: "44", protected: true }, { username: "Other" }]);
  expect(errors).toMatchObject([{ resource_id: "7", resource_type: "user" }]);
  await getAnswer(x, "users", { ids: "43" });
  expect(x.billed()).toMatchObject({ users: 2, dollars: 0.02 });
  const many = Array.from({ length: 101 }, (_, index) => String(index)).join(",");
  await expect(getAnswer(x, "users", { ids: many })).rejects.toMatchObject({ code: 400 });
  await x.close();
});

it("The script of the generated days changes the profile each day in another way", () => {
  const timeline = generateTimeline();
  const files = createMediaFiles(timeline);
  const stage = createStage(timeline);
  const days = ["02-28", "03-01", "03-02", "03-03", "03-04"].map((day) =>
    tellProfile(stage(new Date(`2026-${day}T00:00:05Z`)).account, files),
  );
  const isSame = days
    .slice(1)
    .map((profile, index) => isSameProfile(profile, days[index] ?? profile));
  expect(isSame).toEqual([false, false, true, false]);
  const [first, second, third, , last] = days;
  expect(first?.facts).toContain("https://www.norrholm.example/port?from=x");
  expect(second?.about.expandedText).toMatch(/gulls: https:\/\/www\.norrholm\.example\/tides$/);
  expect(third?.account.username).toBe("PortOfNorrholm");
  expect(hashesOf(third)).not.toEqual(hashesOf(second));
  expect(hashesOf(last)).toEqual([undefined, expect.any(String)]);
});

it("A script that names somebody whom X does not know is refused", () => {
  const timeline = { ...smallTimeline([PINNED]), script: [at(1, { name: "?" }, "7")] };
  expect(() => createStage(timeline)(undefined)).toThrow("user 7, which X does not have then");
});

function hashesOf(profile: TrueProfile | undefined): (string | undefined)[] {
  return (profile?.pictures ?? []).map(({ sha256 }) => sha256);
}
