import type { TruePicture } from "../contracts.ts";
import type { User } from "./timeline.ts";

/** One file of a profile: where it lies, and whether it is the best that there is of its picture. */
export type ProfileFile = { url: string; isBest: boolean };

export type ProfilePicture = { of: TruePicture["of"]; url: string; files: ProfileFile[] };

/** The pictures that a profile names, with the files that X has of each. */
export function picturesOf({
  profile_image_url: picture,
  profile_banner_url: banner,
}: ProfileUrls): ProfilePicture[] {
  return [
    ...(picture === undefined
      ? []
      : [{ of: "picture" as const, url: picture, files: sizesOf(picture) }]),
    ...(banner === undefined
      ? []
      : [{ of: "banner" as const, url: banner, files: widthsOf(banner) }]),
  ];
}

type ProfileUrls = Pick<User, "profile_image_url" | "profile_banner_url">;

/** Dropping `_normal` gives the original (docs/x-api.md#media). */
function sizesOf(url: string): ProfileFile[] {
  const original = url.replace(/_normal(?=\.\w+$)/, "");
  return original === url
    ? [{ url, isBest: true }]
    : [
        { url, isBest: false },
        { url: original, isBest: true },
      ];
}

/** The widest has its size at the end of the path. */
function widthsOf(url: string): ProfileFile[] {
  return [
    { url, isBest: false },
    { url: `${url}/1500x500`, isBest: true },
  ];
}
