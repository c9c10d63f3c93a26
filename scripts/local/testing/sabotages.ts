import type { Rewrite } from "../rewritten-app.ts";

/** Posts that sabotage is done to, by what it needs of them. */
export type Victims = { plain: string; quote: string; photo: string; photoKey: string };

/** A change of the app's code that makes it lose or falsify one post. */
export type Sabotage = {
  victim: "plain" | "quote" | "photo";
  /** `VICTIM` stands for the post's id, `PHOTO` for a media key. */
  rewrites: readonly Rewrite[];
  /** What is said of the post when it is found. */
  found: RegExp;
};

/** The patterns go by the words of the platform's contract and of X's, as far as there are any. */
export const SABOTAGES: Record<string, Sabotage> = {
  "overlooks a post on a stored page": {
    victim: "plain",
    rewrites: [
      {
        file: "app/delivery/plan.ts",
        pattern: /\(\{ createdAt \}\) => contains\(wanted\.window, createdAt\)/,
        replacement: "({ id, createdAt }) => id !== VICTIM && contains(wanted.window, createdAt)",
      },
    ],
    found: /is not in the mailbox, and lies in no reported gap/,
  },
  "forgets a post in the completion": {
    victim: "plain",
    rewrites: [listing("row.id === VICTIM ? [] : [row]")],
    found: /is not in the mailbox, and lies in no reported gap/,
  },
  "lists a post twice": {
    victim: "plain",
    rewrites: [listing("row.id === VICTIM ? [row, row] : [row]")],
    found: /is listed twice in one completion/,
  },
  "uploads a post under a second name": {
    victim: "plain",
    rewrites: [secondUpload(), listing(secondListing("row.modificationTimestampUtc"))],
    found: /is listed twice in one completion/,
  },
  "sends a post again as if it had changed": {
    victim: "plain",
    rewrites: [secondUpload(), listing(secondListing(`"2026-03-03T00:00:01Z"`))],
    found: /is listed twice in one completion/,
  },
  "cuts a text short": {
    victim: "plain",
    rewrites: [
      inItem(/Content: `\$\{(\w+)\}/, "Content: `${post.id === VICTIM ? $1.slice(0, -9) : $1}"),
    ],
    found: /the text is not complete/,
  },
  "truncates an attachment": {
    victim: "photo",
    rewrites: [
      {
        file: "app/delivery/attachments.ts",
        pattern: /Content: Buffer\.from\((\w+)\)/,
        replacement: "Content: Buffer.from($1).subarray(0, mediaKey === PHOTO ? -1 : undefined)",
      },
    ],
    found: /medium \S+ is not attached as X serves it/,
  },
  "drops the time zone": {
    victim: "plain",
    rewrites: [sentTime(`post.createdAt.replace("Z", "")`)],
    found: /SentTimeUtc: must be an ISO 8601 time in UTC with Z/,
  },
  "is an hour late": {
    victim: "plain",
    rewrites: [sentTime("new Date(Date.parse(post.createdAt) + 3600000).toISOString()")],
    found: /SentTimeUtc is \S+, must be/,
  },
  "drops what a post quotes": {
    victim: "quote",
    rewrites: [inItem(/PreContext:(?=\s+context\.)/, "PreContext: post.id === VICTIM ? null : ")],
    found: /the text of context \d+ is not complete/,
  },
  "names another sender": {
    victim: "plain",
    rewrites: [
      inItem(
        /Sender: (?=toPerson)/,
        `Sender: post.id === VICTIM ? { ...toPerson(undefined, { id: "1" }) } : `,
      ),
    ],
    found: /Sender\.Id is 1, must be/,
  },
  "leaves the archive's pages where nobody looks": {
    victim: "plain",
    rewrites: [
      {
        file: "app/archive/names.ts",
        pattern: /(captures\/\$\{captureId\}\/)pages\//,
        replacement: "$1leaves/",
      },
      {
        file: "app/capture/pages.ts",
        pattern: /\.includes\("\/pages\/"\)/,
        replacement: '.includes("/leaves/")',
      },
    ],
    found: /is on no archived page/,
  },
};

/** Changes of the app's code that make it lose, invent or falsify a version of the account's profile. */
export const PROFILE_SABOTAGES: Record<string, Pick<Sabotage, "rewrites" | "found">> = {
  "keeps a change of the profile to itself": {
    rewrites: [
      inSnapshots(/await announce\(source, \[\{ as: "recorded"/, "if (versions !== 1) $&"),
    ],
    found: /^the profile that X showed at \S+ is in no mail$/,
  },
  "takes another address of a picture for another picture": {
    rewrites: [inSnapshots(/one\.sha256 \?\? one\.url/, "one.url")],
    found: /^X showed 3 profiles one after the other, and 4 are in the mailbox$/,
  },
  "hands a profile over without its pictures": {
    rewrites: [
      {
        file: "app/delivery/profile-item.ts",
        pattern: /ContentAttachments: attachments\.length > 0 \? attachments : null/,
        replacement: "ContentAttachments: null",
      },
    ],
    found: /^its banner is not attached as X serves it$/,
  },
};

function inSnapshots(pattern: RegExp, replacement: string): Rewrite {
  return { file: "app/capture/snapshots.ts", pattern, replacement };
}

/** The rewrites of a sabotage that is done to these posts. */
export function rewritesOf({ victim, rewrites }: Sabotage, victims: Victims): Rewrite[] {
  return rewrites.map((rewrite) => ({
    ...rewrite,
    replacement: rewrite.replacement
      .replaceAll("VICTIM", `"${victims[victim]}"`)
      .replaceAll("PHOTO", `"${victims.photoKey}"`),
  }));
}

/** What becomes of a row of the completion's list on its way to the platform. */
function listing(changed: string): Rewrite {
  return {
    file: "app/import-service/client.ts",
    pattern: /(\{ id, modificationTimestampUtc, fileName \} of )items\(\)/,
    replacement: `$1(async function* () { for await (const row of items()) yield* ${changed}; })()`,
  };
}

function secondListing(time: string): string {
  const again = `{ ...row, fileName: "again-" + row.fileName, modificationTimestampUtc: ${time} }`;
  return `row.id === VICTIM ? [row, ${again}] : [row]`;
}

function secondUpload(): Rewrite {
  const again = "id === VICTIM ? await upload(`again-${$1}`, $2) : undefined";
  return {
    file: "app/delivery/deliver.ts",
    pattern: /await upload\((fileName), (body)\);/,
    replacement: `void (${again}, await upload($1, $2));`,
  };
}

function sentTime(changed: string): Rewrite {
  const right = "post.createdAt";
  return inItem(
    /SentTimeUtc: post\.createdAt/,
    `SentTimeUtc: post.id === VICTIM ? ${changed} : ${right}`,
  );
}

function inItem(pattern: RegExp, replacement: string): Rewrite {
  return { file: "app/delivery/item.ts", pattern, replacement };
}
