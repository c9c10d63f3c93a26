import * as z from "zod";
import { list, type Read } from "./members.ts";
import { numericId, wireEntities, wireUser } from "./wire.ts";

const text = z.string().optional();

/** A user as X sends the account itself, in either vocabulary (docs/x-api.md). */
export const wireProfile = wireUser.extend({
  description: text,
  location: text,
  url: text,
  created_at: text,
  entities: z
    .object({ description: wireEntities.optional(), url: wireEntities.optional() })
    .optional(),
  pinned_tweet_id: numericId.optional(),
  pinned_post_id: numericId.optional(),
  profile_banner_url: text,
  parody: z.boolean().optional(),
  affiliation: z
    .object({ description: text, url: text, user_id: list(z.string()).optional() })
    .optional(),
});
export type WireProfile = z.infer<typeof wireProfile>;

/** What a reader sees of a profile, one field a line; addresses of pictures are apart. */
export type Profile = {
  accountId: string;
  name: string;
  username: string;
  pictureUrl?: string;
  bannerUrl?: string;
  fields: { name: string; value: string }[];
  unparseable?: string[];
};

export function toProfile(wire: Read<WireProfile>): Profile {
  const { id, name = "", username = "", entities, affiliation, withheld } = wire;
  const links = entities?.url?.urls ?? [];
  const website = links.map(({ url, expanded_url: expanded }) => expanded ?? url)[0] ?? wire.url;
  const pinned = wire.pinned_tweet_id ?? wire.pinned_post_id;
  return {
    accountId: id,
    name,
    username,
    ...(wire.profile_image_url !== undefined && { pictureUrl: wire.profile_image_url }),
    ...(wire.profile_banner_url !== undefined && { bannerUrl: wire.profile_banner_url }),
    ...(wire.unparseable && { unparseable: wire.unparseable }),
    fields: [
      { name: "Name", value: name },
      { name: "Handle", value: username && `@${username}` },
      { name: "Bio", value: expand(wire.description ?? "", entities?.description?.urls ?? []) },
      { name: "Location", value: wire.location ?? "" },
      { name: "Link", value: website ?? "" },
      { name: "Pinned post", value: pinned ?? "" },
      { name: "Verified", value: wordsForVerified(wire) },
      { name: "Protected", value: wordsFor(wire.protected) },
      { name: "Parody", value: wire.parody ? "yes" : "" },
      {
        name: "Affiliation",
        value: [affiliation?.description, affiliation?.url].filter(Boolean).join(", "),
      },
      { name: "Withheld in", value: (withheld?.country_codes ?? []).join(", ") },
    ],
  };
}

function wordsForVerified({ verified, verified_type: type }: WireProfile): string {
  return type !== undefined && type !== "none" ? `yes (${type})` : wordsFor(verified);
}

function wordsFor(flag: boolean | undefined): string {
  return flag === undefined ? "" : flag ? "yes" : "no";
}

/** A short link stands for itself in the text: it is replaced by where it leads. */
function expand(words: string, urls: { url: string; expanded_url?: string | undefined }[]): string {
  return urls.reduce(
    (so, { url, expanded_url: expanded = url }) => so.replaceAll(url, expanded),
    words,
  );
}
