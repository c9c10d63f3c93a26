import type { Profile } from "../twitter/profile.ts";
import type { ShownMedium } from "../feeds/feed.ts";
import { cut, isolate, toLine } from "./characters.ts";
import { type ItemContext, toReadable } from "./item.ts";
import type { Item } from "../import-service/item.ts";
import { markIfLikeRule, mediaLine, provenanceLines, RECORD_RULE, sayTime } from "./record.ts";

export type ProfileParts = ItemContext & {
  id: string;
  profile: Profile;
  /** When X was seen to show it, and when exactly it answered so, ISO 8601. */
  seenAt: string;
  receivedAt: string;
  /** The version before, and how it was. */
  previousId: string | undefined;
  earlier: Profile | undefined;
  /** Names of what differs from it. */
  changed: string[];
  pictures: ShownMedium[];
};

const MOST_CHARACTERS = 250;

/** A version of a profile as the item that the platform turns into an e-mail. Pure. */
export function profileToItem(parts: ProfileParts): Item {
  const { id, profile, account, seenAt, previousId, changed, pictures, media } = parts;
  const outcomes = pictures.flatMap(({ postId }) => media.get(postId) ?? []);
  const attachments = outcomes.flatMap(({ attachment }) => attachment ?? []);
  const words = profile.fields
    .filter(({ value }) => value !== "")
    .flatMap(({ name, value }) => linesOf(`${name}: ${value}`));
  const handle = `@${profile.username}`;
  const what =
    previousId === undefined ? "Profile" : `Profile changed (${changed.join(", ").toLowerCase()})`;
  const record = [RECORD_RULE, ...recordLines(parts, outcomes).map(toLine)].join("\n");
  return toReadable({
    SchemaVersion: "1.0",
    Id: id,
    SourceType: "Twitter",
    ItemType: "Profile",
    ContainerId: account.id,
    ContainerName: toLine(account.name),
    ThreadId: `profile-${account.id}`,
    ParentId: previousId ?? null,
    Sender: {
      Id: account.id,
      UserProfilePhotoUrl: profile.pictureUrl === undefined ? null : toLine(profile.pictureUrl),
      Name: toLine(`${profile.name} (${handle})`),
      EmailAddress: null,
      MobileNumber: null,
    },
    Recipients: [],
    SentTimeUtc: seenAt,
    ContentType: 1,
    Content: `${[...words, ...changeLines(parts)].join("\n")}\n\n${record}\n`,
    MessagePreviewText: cut(toLine(`${what}: ${profile.name} (${handle})`).trim(), MOST_CHARACTERS),
    PreContext: null,
    PostContext: null,
    NumOfLikes: 0,
    ContentAttachments: attachments.length > 0 ? attachments : null,
  });
}

/** What differs from the version before, and how: it was, and it is. */
function changeLines({ earlier, profile, changed }: ProfileParts): string[] {
  if (!earlier) {
    return [];
  }
  const [was, is] = [earlier, profile].map(
    ({ fields }) => new Map(fields.map(({ name, value }) => [name, value])),
  );
  const named = changed.map((name) => {
    const isPicture = was?.has(name) !== true && is?.has(name) !== true;
    return isPicture
      ? `${name}: another one`
      : `${name}: ${was?.get(name) || "(nothing)"} -> ${is?.get(name) || "(nothing)"}`;
  });
  return ["", `Changed: ${changed.join(", ")}`, ...named.flatMap(linesOf)];
}

/** Others' words, line by line, so that none reaches beyond itself or looks like the record. */
function linesOf(words: string): string[] {
  return words.split(/\r\n|[\n\r\u2028\u2029]/).map((line) => isolate(markIfLikeRule(line)));
}

function recordLines(
  { profile, receivedAt, previousId, pictures, provenance }: ProfileParts,
  outcomes: Parameters<typeof mediaLine>[0][],
): string[] {
  return [
    `Account: ${profile.name} (@${profile.username})`,
    `Profile: https://x.com/${profile.username}`,
    ...(previousId === undefined
      ? ["Version: the first that was seen"]
      : [`Version: replaces ${previousId}`]),
    ...pictures.map(({ type, altText: url }) => `Address of its ${type}: ${url}`),
    ...outcomes.map(mediaLine),
    ...(profile.unparseable
      ? [
          `Not readable: ${profile.unparseable.join(", ")}; what X sent is kept in the archive as it came`,
        ]
      : []),
    `Captured: ${sayTime(receivedAt)}; how long X has shown it so, it does not say`,
    ...provenanceLines(provenance),
  ];
}
