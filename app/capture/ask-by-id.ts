import { type Includes, mergeIncludes, parseContext, type Post } from "../twitter/page.ts";

/** A stored answer: its body as X sent it, and the metadata with `request`. */
type Kept = { body: Uint8Array; metadata: Record<string, string> };

/** Ids that X takes in one question. */
const MOST_IDS = 100;
/** How often X is asked for a post of which it says nothing. */
const TIMES_ASKED = 3;
/** What X takes as an id: one that is none makes it refuse the whole question. */
const ID = /^\d{1,19}$/;
/** Why a post is missing of which X said nothing, or nothing that lasts. */
export const SILENT = `X was asked ${TIMES_ASKED} times and neither gave it nor said why not`;

/** What X's answers say of the posts that it was asked for by their ids. */
export type AskedById = {
  /** All that the answers hold; `missing`: why X did not hand out a post, also where it said nothing. */
  known: Includes;
  /** The number of the answer that holds a post, by the id that was asked for. */
  given: Map<string, number>;
  /** Of which X said nothing, although it was asked again. */
  silent: string[];
  /** Whether X was asked, and not the store alone. */
  isNew: boolean;
};

export type Asking = {
  /** Ids of posts that are wanted, when so much is known; each may come more than once. */
  wanted: (known: Includes) => string[];
  /** The stored answer of that number, from 1; undefined where there is none. */
  read: (number: number) => Promise<Kept | undefined>;
  /** Asks X, and stores its answer under that number. Without it, the stored answers are all. */
  ask?: (number: number, ids: string[]) => Promise<Kept>;
};

/**
 * Asks X for posts by their ids: the one way in which that is done. Every id ends as given, as refused
 * with a reason, or as asked three times and silent. What an answer makes known may want more posts;
 * they are asked for, too. Stored answers are not asked for again: each says by its own request which
 * ids it answers, so that a run that was cut off goes on where it stopped.
 */
export async function askById({ wanted, read, ask }: Asking): Promise<AskedById> {
  let known: Includes = NOTHING;
  const given = new Map<string, number>();
  let isNew = false;
  const times = new Map<string, number>();
  const timesOf = (id: string) => times.get(id) ?? 0;
  const isOpen = (id: string) => ID.test(id) && !given.has(id) && !known.missing.has(id);
  for (let number = 1; ; number += 1) {
    const ids = [...new Set(wanted(known))]
      .filter((id) => isOpen(id) && timesOf(id) < TIMES_ASKED)
      // What was not asked for yet comes first.
      .toSorted((a, b) => timesOf(a) - timesOf(b))
      .slice(0, MOST_IDS);
    const stored = ids.length === 0 ? undefined : await read(number);
    const answer = stored ?? (ids.length === 0 ? undefined : await ask?.(number, ids));
    if (!answer) {
      break;
    }
    isNew ||= !stored;
    const said = parseContext(answer.body);
    known = mergeIncludes(known, said);
    for (const id of idsAskedBy(answer) ?? ids) {
      times.set(id, timesOf(id) + 1);
      if (said.posts.has(id)) {
        given.set(id, number);
      }
    }
  }
  const silent = [...times.keys()].filter((id) => isOpen(id) && timesOf(id) >= TIMES_ASKED);
  const unaskable = [...new Set(wanted(known))].filter((id) => !ID.test(id));
  const missing = new Map([
    ...known.missing,
    ...silent.map((id): [string, string] => [id, SILENT]),
    ...unaskable.map((id): [string, string] => [id, "X takes no such id"]),
  ]);
  return { known: { ...known, missing }, given, silent, isNew };
}

/** The posts that were given among those of some ids, in their order. */
export function givenOf(ids: Iterable<string>, { posts }: Includes): Post[] {
  return [...ids].flatMap((id) => posts.get(id) ?? []);
}

function idsAskedBy({ metadata }: Kept): string[] | undefined {
  const [, query] = (metadata["request"] ?? "").split("?");
  return new URLSearchParams(query).get("ids")?.split(",");
}

const NOTHING: Includes = {
  posts: new Map(),
  users: new Map(),
  media: new Map(),
  polls: new Map(),
  places: new Map(),
  missing: new Map(),
};
