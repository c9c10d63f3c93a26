import { generateMentions, type Moment } from "./generate-mentions.ts";
import type { World } from "./generate-world.ts";
import { generateLater } from "./generate-later.ts";
import { createRandom } from "./random.ts";
import type { ScriptEvent } from "./script-event.ts";
import type { Post } from "./timeline.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** What else happens on the days of a generated timeline, beside what the account posts. */
export type Script = {
  events: ScriptEvent[];
  /** What others write to the account and of it, and what that refers to. */
  otherPosts: Post[];
  /** Addresses of pictures whose download is a 404 for ever. */
  lostPictures: string[];
};

/**
 * The script of a generated timeline, the same for the same seed. On each day the profile changes in
 * another way: its words, its names and its picture, the address of the picture alone, and what else
 * there is; later on posts go, one of them comes back, and polls close. It draws numbers of its own, so
 * that the account's posts do not depend on it.
 */
export function generateScript(world: World, seed: number, firstDay: number): Script {
  const random = createRandom(seed + 1);
  const moment: Moment = (day, hour) =>
    firstDay + (day * 24 + hour) * HOUR_MS + random.int(1, 50) * MINUTE_MS;
  const { events, lostPictures } = generateProfiles(world, moment);
  const otherPosts = generateMentions({ ...world, random, otherPosts: [] }, moment, events);
  const later = generateLater({ ...world, random }, moment);
  return { events: [...events, ...later], lostPictures, otherPosts };
}

function generateProfiles(
  { account, posts }: World,
  moment: Moment,
): Pick<Script, "events" | "lostPictures"> {
  const shortLink = "https://t.co/norrholm02";
  const description = `The port of Norrholm, since 1873. Tides & <notices>, &amp; gulls: ${shortLink}`;
  const start = description.indexOf(shortLink);
  const link = { start, end: start + shortLink.length, url: shortLink };
  const inText = [{ ...link, expanded_url: "https://www.norrholm.example/tides" }];
  const pictureAt = (number: number, name: string) =>
    `https://pbs.twimg.com/profile_images/${number}/${name}_normal.jpg`;
  const lost = pictureAt(17_003, "lighthouse");
  return {
    events: [
      event(moment(0, 11), "bio", {
        description,
        entities: { ...account.entities, description: { urls: inText } },
      }),
      event(moment(0, 15), "pin", { pinned_tweet_id: posts[0]?.id ?? null }),
      event(moment(1, 13), "rename", { name: "Norrholm Port ⚓", username: "PortOfNorrholm" }),
      event(moment(1, 14), "picture", { profile_image_url: pictureAt(17_001, "quay") }),
      event(moment(2, 10), "picture", { profile_image_url: pictureAt(17_002, "quay") }),
      event(moment(3, 9), "picture", { profile_image_url: lost }),
      event(moment(3, 10), "banner", {
        profile_banner_url: "https://pbs.twimg.com/profile_banners/4418820117/1700000002",
      }),
      event(moment(3, 11), "verify", { verified: true, verified_type: "government" }),
    ],
    lostPictures: [lost],
  };
}

type Change = Extract<ScriptEvent, { set: unknown }>;

function event(time: number, what: Change["what"], set: Change["set"]): Change {
  return { at: new Date(time).toISOString(), what, set };
}
