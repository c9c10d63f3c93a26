import { createHash } from "node:crypto";
import * as z from "zod";
import type { Store } from "../archive/store.ts";
import { mediaOfVersion, readVersion } from "../capture/snapshots.ts";
import { profileToItem } from "../delivery/profile-item.ts";
import { ConnectorError } from "../errors.ts";
import { readObject } from "../twitter/members.ts";
import { type Profile, toProfile, wireProfile } from "../twitter/profile.ts";
import type { MediaFile } from "../twitter/media.ts";
import type { OpenPage, ShownMedium, SnapshotFeed } from "./feed.ts";

/** What X gives of a profile; counts are left out, as each answer has others (docs/x-api.md). */
const FIELDS =
  "affiliation,created_at,description,entities,id,location,name,parody,pinned_tweet_id," +
  "profile_banner_url,profile_image_url,protected,url,username,verified,verified_type,withheld";

/**
 * How the account shows itself: its names, its words, its pictures. X says only how that is now, so each
 * change is a version that was seen at a time; what changed back between two looks is not to be had.
 */
export const PROFILE: SnapshotFeed = {
  kind: "snapshot",
  name: "profile",
  words: "profiles",
  goesWith: "the next task",
  format: 1,
  isOn: ({ PROFILE: setting }) => setting === "on",
  fetch: (twitter, { token }) =>
    twitter.read(token, { path: "users/me", query: { "user.fields": FIELDS } }),
  media: (body) => picturesOf(parseProfile(body)),
  changes: (before, after) => changesOf(parseProfile(before), parseProfile(after)),
  openPage,
  limits: [
    "changes that were undone between two looks at the profile",
    "how the profile was before the first look",
  ],
};

/** @throws ConnectorError `x-bad-response` for what is no profile. */
export function parseProfile(body: Uint8Array): Profile {
  const wire = readObject(wireProfile, answerSchema.safeParse(parseJson(body)).data?.data);
  if (!wire) {
    throw new ConnectorError("x-bad-response", "X's answer is not a profile");
  }
  return toProfile(wire);
}

const answerSchema = z.looseObject({ data: z.unknown() });

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}

/** Names of the fields that differ, in the order of the item's lines. */
export function changesOf(before: Profile, after: Profile): string[] {
  const was = new Map(before.fields.map(({ name, value }) => [name, value]));
  return after.fields.filter(({ name, value }) => was.get(name) !== value).map(({ name }) => name);
}

/** Picture and banner, as the account uploaded them; else as X shows them (docs/x-api.md#media). */
function picturesOf({ pictureUrl, bannerUrl }: Profile): ShownMedium[] {
  return [
    ...(pictureUrl === undefined
      ? []
      : [
          toMedium("picture", pictureUrl, [
            { name: "original", url: pictureUrl.replace(/_normal(?=\.\w+$)/, "") },
            { name: "normal", url: pictureUrl },
          ]),
        ]),
    ...(bannerUrl === undefined
      ? []
      : [
          toMedium("banner", bannerUrl, [
            { name: "1500x500", url: `${bannerUrl}/1500x500` },
            { name: "bare", url: bannerUrl },
          ]),
        ]),
  ];
}

/** An address of its own is a medium of its own: X puts another picture under another one. */
function toMedium(kind: "picture" | "banner", url: string, files: MediaFile[]): ShownMedium {
  const digest = createHash("sha256").update(url).digest("hex").slice(0, 16);
  const mediaKey = `${kind}-${digest}`;
  const only = [...new Map(files.toReversed().map((file) => [file.url, file])).values()];
  return { postId: kind, mediaKey, type: kind, altText: url, files: only.toReversed() };
}

/** Opens a version: the answer that shows it, beside the one before. */
async function openPage(store: Store, name: string): Promise<OpenPage | undefined> {
  const version = await readVersion(store, name);
  const answer = version && (await store.read(version.answer));
  if (!version || !answer) {
    return undefined;
  }
  const { id, seenAt: createdAt } = version;
  const profile = parseProfile(answer.body);
  const receivedAt = answer.metadata["receivedat"] ?? createdAt;
  return {
    receivedAt,
    sha256: createHash("sha256").update(answer.body).digest("hex"),
    records: [{ id, createdAt }],
    async find(wanted) {
      if (wanted !== id) {
        return undefined;
      }
      const before = version.before && (await store.read(version.before.answer));
      const earlier = before && parseProfile(before.body);
      const media = mediaOfVersion(version, picturesOf(profile));
      return {
        id,
        createdAt,
        media: media.map(({ altText: _, ...medium }) => medium),
        toItem: (parts) =>
          profileToItem({
            ...parts,
            id,
            profile,
            receivedAt,
            seenAt: createdAt,
            previousId: version.before?.id,
            earlier,
            changed: version.changed,
            pictures: media,
          }),
      };
    },
  };
}
