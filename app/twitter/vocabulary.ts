import * as z from "zod";
import { names } from "../archive/names.ts";
import { readDocument, type Store, toJson } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Answer } from "./client.ts";
import { fieldsQuery, type Vocabulary } from "./fields.ts";

/** Endpoints that give posts. X may change the names that it takes for one before the others. */
export type Endpoint = "timeline" | "lookup" | "search";

/** Asks X for posts in the vocabulary that it takes. */
export type AskForPosts = (
  endpoint: Endpoint,
  ask: (fields: Record<string, string>) => Promise<Answer>,
) => Promise<Answer>;

/** How long what is known is believed: another instance may have learnt more meanwhile. */
const TTL_MS = 5 * 60_000;

const vocabulary = z.enum(["tweet", "post"]);
const chosenSchema = z.object({
  /** What was configured then: whoever configures something else means it. */
  preferred: vocabulary,
  chosen: z.partialRecord(z.enum(["timeline", "lookup", "search"]), vocabulary),
});
type Chosen = z.infer<typeof chosenSchema>;

/**
 * X has two sets of names for what it gives of a post, and may stop to take one at any time: by
 * refusing it, or by leaving out without a word what it does not know (x-api.md section 0). Then the
 * other one is tried, once, and what works is kept in the archive for all instances, and told.
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
  let known: { chosen: Chosen["chosen"]; until: number } | undefined;
  const keep = ({ chosen }: Pick<Chosen, "chosen">) => {
    known = { chosen, until: now().getTime() + TTL_MS };
    return chosen;
  };
  // What cannot be read here is learnt from X again.
  const readChosen = async () => {
    const document = await readDocument(store, names.vocabulary(), chosenSchema).catch(() => {});
    return keep(document?.value.preferred === preferred ? document.value : { chosen: {} });
  };
  const choose = async (endpoint: Endpoint, works: Vocabulary, reason: string) => {
    const chosen = keep({ chosen: { ...(await readChosen()), [endpoint]: works } });
    await store.put(names.vocabulary(), toJson({ preferred, chosen } satisfies Chosen));
    log("x.vocabulary-changed", { detail: `${endpoint}: ${works}.fields`, reason });
  };

  return async (endpoint, ask) => {
    const chosen = known && known.until > now().getTime() ? known.chosen : await readChosen();
    const usual = chosen[endpoint] ?? preferred;
    const other = usual === "tweet" ? "post" : "tweet";
    const first = await tryToAsk(() => ask(fieldsQuery(usual)));
    if (!("fault" in first)) {
      return first.answer;
    }
    const second = await tryToAsk(() => ask(fieldsQuery(other))).catch(async (error: unknown) => {
      // It was not the names that X did not take: they are as good as any.
      if (error instanceof ConnectorError && error.code === "x-bad-request") {
        await choose(endpoint, other, first.fault);
      }
      throw error;
    });
    if (!("fault" in second)) {
      await choose(endpoint, other, first.fault);
      return second.answer;
    }
    const answer = first.answer ?? second.answer;
    if (answer) {
      return answer;
    }
    const message = `X takes neither of its two sets of field names. ${usual}.fields: ${first.fault}. ${other}.fields: ${second.fault}`;
    throw new ConnectorError("x-bad-request", message, { parameters: ["fields"] });
  };
}

type Tried = { answer: Answer } | { answer?: Answer; fault: string };

/** What came of it, and what was wrong with it as far as the fields are concerned. */
async function tryToAsk(ask: () => Promise<Answer>): Promise<Tried> {
  try {
    const answer = await ask();
    const lost = lostFields(answer.body);
    return lost.length === 0
      ? { answer }
      : { answer, fault: `X left out ${lost.join(" and ")} of every post without a word` };
  } catch (error) {
    if (!isAboutFields(error)) {
      throw error;
    }
    return { fault: error.message };
  }
}

/** Whether X refuses what it was asked for of a post, and not which posts. */
export function isAboutFields(error: unknown): error is ConnectorError {
  return (
    error instanceof ConnectorError &&
    error.code === "x-bad-request" &&
    error.parameters.some((name) => name === "expansions" || name.endsWith("fields"))
  );
}

/** Without these no post is evidence; every post has them. */
const NEEDED = ["created_at", "author_id"];
const pageSchema = z.looseObject({ data: z.array(z.looseObject({})).min(1) });

/** What every post of an answer lacks, and was asked for. */
function lostFields(body: Uint8Array): string[] {
  const page = pageSchema.safeParse(parseOrNothing(body));
  return page.success
    ? NEEDED.filter((name) => page.data.data.every((post) => post[name] === undefined))
    : [];
}

function parseOrNothing(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}
