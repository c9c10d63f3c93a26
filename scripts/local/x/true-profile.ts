import { createHash } from "node:crypto";
import type { TruePicture, TrueProfile } from "../contracts.ts";
import type { MediaFiles } from "./media-files.ts";
import { picturesOf, type ProfilePicture } from "./profile-pictures.ts";
import type { User } from "./timeline.ts";
import { expandText } from "./truth.ts";

/** A profile as a reader on X sees it; counts of followers and posts are no part of it. */
export function tellProfile(user: User, files: MediaFiles): TrueProfile {
  const { id, name, username, description: text = "", entities } = user;
  const inText = entities?.description?.urls ?? [];
  const websites = entities?.url?.urls ?? [];
  const facts: (string | undefined)[] = [
    user.location,
    ...[...inText, ...websites].map(({ url, expanded_url: expanded }) => expanded ?? url),
    user.pinned_tweet_id,
    user.verified_type === "none" ? undefined : user.verified_type,
  ];
  return {
    account: { id, name, username },
    // X escapes nothing here (docs/x-api.md#what-x-escapes).
    about: { text, expandedText: expandText(text, inText, (words) => words) },
    facts: facts.flatMap((fact) => fact || []),
    isProtected: user.protected === true,
    pictures: picturesOf(user).map((picture) => tellPicture(picture, files)),
  };
}

/** Whether a reader would take both for the same: other addresses of the same pictures are nothing. */
export function isSameProfile(one: TrueProfile, other: TrueProfile): boolean {
  return keyOf(one) === keyOf(other);
}

function keyOf({ pictures, ...profile }: TrueProfile): string {
  return JSON.stringify([profile, pictures.map(({ of, url, sha256 }) => [of, sha256 ?? url])]);
}

function tellPicture(
  { of, url, files: addresses }: ProfilePicture,
  files: MediaFiles,
): TruePicture {
  const [best] = addresses
    .toSorted((a, b) => Number(b.isBest) - Number(a.isBest))
    .flatMap((file) => files.at(new URL(file.url)) ?? []);
  return {
    of,
    url,
    ...(best && { sha256: createHash("sha256").update(best.body).digest("hex") }),
  };
}
