import * as z from "zod";
import { names } from "../archive/names.ts";
import { type RecordOf, recordType, toRecord } from "../archive/records.ts";
import { readDocument, type Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Answer } from "./answer.ts";
import { fieldsQuery, type Vocabulary } from "./fields.ts";
import { lacksLess, lostMembers, type Lost } from "./lost-members.ts";

/** Endpoints that give posts. X may change the names that it takes for one before the others. */
export type Endpoint = "timeline" | "lookup" | "search";

/** Asks X for posts in the vocabulary that it takes. */
export type AskForPosts = (
  endpoint: Endpoint,
  ask: (fields: Record<string, string>) => Promise<Answer>,
) => Promise<Answer>;

/** How long what is known is believed: another instance may have learnt more meanwhile. */
const TTL_MS = 5 * 60_000;
/** How long nobody asks again for what X gives in neither vocabulary. */
const LACKING_MS = 60 * 60_000;

const endpoints = z.enum(["timeline", "lookup", "search"]);
const vocabulary = z.enum(["tweet", "post"]);
const knownRecord = recordType(
  z.object({
    /** What was configured then: whoever configures something else means it. */
    preferred: vocabulary,
    chosen: z.partialRecord(endpoints, vocabulary),
    /** What X gives under neither of its names, and until when that is believed (ISO 8601). */
    lacking: z.partialRecord(endpoints, z.record(z.string(), z.string())),
  }),
);
type Known = Pick<RecordOf<typeof knownRecord>, "chosen" | "lacking">;

/**
 * X has two sets of names for what it gives of a post, and may stop to take one at any time: by
 * refusing it, or by leaving out without a word what it does not know (docs/x-api.md#field-names),
 * all of it or one member. Then the other one is tried, once; the answer that lacks less stands,
 * and what works is kept in the archive for all instances, and told. So is what X gives under
 * neither name.
 * @throws ConnectorError `x-bad-request` with X's words on both, where X takes neither.
 */
export function createAskForPosts({
  store,
  preferred,
  log,
  now,
}: {
  store: Store;
  preferred: Vocabulary;
  log: Log;
  now: () => Date;
}): AskForPosts {
  let cached: { known: Known; until: number } | undefined;
  const keep = ({ chosen, lacking }: Known): Known => {
    const known = { chosen, lacking };
    cached = { known, until: now().getTime() + TTL_MS };
    return known;
  };
  // What cannot be read here is learnt from X again.
  const readKnown = async () => {
    const document = await readDocument(store, names.vocabulary(), knownRecord).catch(() => {});
    return keep(
      document?.value.preferred === preferred ? document.value : { chosen: {}, lacking: {} },
    );
  };
  const learn = async (add: (known: Known) => Known) => {
    const known = keep(add(await readKnown()));
    await store.put(names.vocabulary(), toRecord(knownRecord, { preferred, ...known }));
  };
  const choose = async (endpoint: Endpoint, works: Vocabulary, reason: string) => {
    await learn(({ chosen, lacking }) => ({ lacking, chosen: { ...chosen, [endpoint]: works } }));
    log("x.vocabulary-changed", { detail: `${endpoint}: ${works}.fields`, reason });
  };
  const sayLacking = async (endpoint: Endpoint, { lost }: Given) => {
    const until = new Date(now().getTime() + LACKING_MS).toISOString();
    const more = Object.fromEntries(lost.map(({ name }) => [name, until]));
    await learn(({ chosen, lacking }) => ({
      chosen,
      lacking: { ...lacking, [endpoint]: { ...lacking[endpoint], ...more } },
    }));
    const detail = `${endpoint}: under neither of its names X gives ${namesOf(lost)}`;
    log("capture.fields-missing", { detail });
  };

  return async (endpoint, ask) => {
    const { chosen, lacking } =
      cached && cached.until > now().getTime() ? cached.known : await readKnown();
    const usual = chosen[endpoint] ?? preferred;
    const other = usual === "tweet" ? "post" : "tweet";
    const askIn = (words: Vocabulary) => tryToAsk(words, () => ask(fieldsQuery(words)));
    const isWhole = (tried: Tried): tried is Given =>
      "answer" in tried &&
      tried.lost.every(({ name }) => isAhead(lacking[endpoint]?.[name], now()));

    const first = await askIn(usual);
    if (isWhole(first)) {
      return first.answer;
    }
    const askInOther = async (): Promise<Tried> => {
      try {
        return await askIn(other);
      } catch (error) {
        if (!(error instanceof ConnectorError && error.code === "x-bad-request")) {
          throw error;
        }
        if (isUsable(first)) {
          return { words: other, refusal: error.message };
        }
        // It was not the names that X did not take: they are as good as any.
        await choose(endpoint, other, faultOf(first));
        throw error;
      }
    };
    const second = await askInOther();
    // One refusal is no reason to be content with what lacks something.
    const isDoubtful = "refusal" in first !== "refusal" in second && !isWhole(second);
    const best = isDoubtful
      ? better(
          "refusal" in first ? await askIn(usual) : first,
          "refusal" in second ? await askInOther() : second,
        )
      : better(first, second);
    if (best.words === other) {
      await choose(endpoint, other, faultOf(first));
    }
    if (isUsable(best) && !isWhole(best)) {
      await sayLacking(endpoint, best);
    }
    return best.answer;
  };
}

type Given = { words: Vocabulary; answer: Answer; lost: Lost[] };
type Refused = { words: Vocabulary; refusal: string };
type Tried = Given | Refused;

/** What came of it, as far as the fields are concerned. */
async function tryToAsk(words: Vocabulary, ask: () => Promise<Answer>): Promise<Tried> {
  try {
    const answer = await ask();
    return { words, answer, lost: lostMembers(answer.body) };
  } catch (error) {
    if (!isAboutFields(error)) {
      throw error;
    }
    return { words, refusal: error.message };
  }
}

/** The answer that lacks less; the first where they are alike. */
function better(one: Tried, other: Tried): Given {
  if ("answer" in one) {
    return "answer" in other && lacksLess(other.lost, one.lost) ? other : one;
  }
  if ("answer" in other) {
    return other;
  }
  const said = [one, other].map(({ words, refusal }) => `${words}.fields: ${refusal}`);
  const message = `X takes neither of its two sets of field names. ${said.join(". ")}`;
  throw new ConnectorError("x-bad-request", message, { parameters: ["fields"] });
}

/** Whether posts can be archived as they are, although something is missing. */
function isUsable(tried: Tried): tried is Given {
  return "answer" in tried && !tried.lost.some(({ isNeeded }) => isNeeded);
}

function faultOf(tried: Tried): string {
  return "refusal" in tried ? tried.refusal : `X left out without a word: ${namesOf(tried.lost)}`;
}

function namesOf(lost: Lost[]): string {
  return lost.map(({ name }) => name).join(", ");
}

function isAhead(until: string | undefined, now: Date): boolean {
  return until !== undefined && Date.parse(until) > now.getTime();
}

/** Whether X refuses what it was asked for of a post, and not which posts. */
export function isAboutFields(error: unknown): error is ConnectorError {
  return (
    error instanceof ConnectorError &&
    error.code === "x-bad-request" &&
    error.parameters.some((name) => name === "expansions" || name.endsWith("fields"))
  );
}
