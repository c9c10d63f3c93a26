/** Posts that sabotage is done to, by what it needs of them. */
export type Victims = { plain: string; quote: string; photo: string; photoKey: string };

/** A change of the app's code that makes it lose or falsify one post. */
export type Sabotage = {
  victim: "plain" | "quote" | "photo";
  /** `VICTIM` stands for the post's id, `PHOTO` for a media key. Each pattern must be in the package exactly once. */
  rewrites: readonly (readonly [pattern: RegExp, replacement: string])[];
  /** What is said of the post when it is found. */
  found: RegExp;
};

/** The patterns go by the words of the platform's contract and of X's, as far as there are any. */
export const SABOTAGES: Record<string, Sabotage> = {
  "overlooks a post on a stored page": {
    victim: "plain",
    rewrites: [
      [
        /\(\{ createdAt \}\) => contains\(wanted\.window, createdAt\)/,
        "({ id, createdAt }) => id !== VICTIM && contains(wanted.window, createdAt)",
      ],
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
    rewrites: [[/Content: `\$\{(\w+)\}/, "Content: `${post.id === VICTIM ? $1.slice(0, -9) : $1}"]],
    found: /the text is not complete/,
  },
  "truncates an attachment": {
    victim: "photo",
    rewrites: [
      [
        /Content: Buffer\.from\((\w+)\)/,
        "Content: Buffer.from($1).subarray(0, mediaKey === PHOTO ? -1 : undefined)",
      ],
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
    rewrites: [[/PreContext: /, "PreContext: post.id === VICTIM ? null : "]],
    found: /the text of context \d+ is not complete/,
  },
  "names another sender": {
    victim: "plain",
    rewrites: [
      [/Sender: /, `Sender: post.id === VICTIM ? { ...toPerson(undefined, { id: "1" }) } : `],
    ],
    found: /Sender\.Id is 1, must be/,
  },
  "leaves the archive's pages where nobody looks": {
    victim: "plain",
    rewrites: [
      [/(captures\/\$\{captureId\}\/)pages\//, "$1leaves/"],
      [/\.includes\("\/pages\/"\)/, '.includes("/leaves/")'],
    ],
    found: /is on no archived page/,
  },
};

/** Does one sabotage; throws where the app has changed so that its pattern has lost its place. */
export function sabotage(code: string, { victim, rewrites }: Sabotage, victims: Victims): string {
  return rewrites.reduce((result, [pattern, replacement]) => {
    const { length } = [...result.matchAll(new RegExp(pattern, "g"))];
    if (length !== 1) {
      throw new Error(`${pattern} occurs ${length} times in the package: adapt the sabotage to it`);
    }
    const named = replacement
      .replaceAll("VICTIM", `"${victims[victim]}"`)
      .replaceAll("PHOTO", `"${victims.photoKey}"`);
    return result.replace(pattern, named);
  }, code);
}

/** What becomes of a row of the completion's list on its way to the platform. */
function listing(changed: string) {
  return [
    /(\{ id, modificationTimestampUtc, fileName \} of )items\(\)/,
    `$1(async function* () { for await (const row of items()) yield* ${changed}; })()`,
  ] as const;
}

function secondListing(time: string): string {
  const again = `{ ...row, fileName: "again-" + row.fileName, modificationTimestampUtc: ${time} }`;
  return `row.id === VICTIM ? [row, ${again}] : [row]`;
}

function secondUpload() {
  const again = "post.id === VICTIM ? await upload(`again-${$1}`, $2) : undefined";
  return [/await upload\((\w+), (\w+)\)/, `(${again}, await upload($1, $2))`] as const;
}

function sentTime(changed: string) {
  const right = "post.createdAt";
  return [
    /SentTimeUtc: post\.createdAt/,
    `SentTimeUtc: post.id === VICTIM ? ${changed} : ${right}`,
  ] as const;
}
