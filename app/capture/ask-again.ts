import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import type { Answer } from "../twitter/answer.ts";

/** How long X is given before it is asked once more. */
const ASK_AGAIN_AFTER_MS = [0, 2_000, 10_000];
/** Contradictory answers to one question that are kept. Further ones say no more. */
const MOST_KEPT = 20;

export type Judgement = {
  /** Why the answer is not believed, in words. */
  contradiction?: string | undefined;
  /** It says that there is nothing: quite possible, but not believed on one answer. */
  isSilent?: boolean;
  /** Where no answer is believed, the one that is worth most stands. */
  worth: number;
};

/** Why X was asked again, how often it was asked in all, and what came of it. */
export type AskedAgain = { reason: string; asked: number; detail: string };

export type AskAgainDeps = {
  wait: (ms: number) => Promise<void>;
  /** Told once of a question that was asked again, whatever came of it. */
  noteAskedAgain: (about: AskedAgain) => void;
};

type Judged = Judgement & { answer: Answer };

/**
 * Asks X until its answer is believed, a few times at most and further and further apart. X bills no
 * empty answer, and a post once a day. Answers that are not believed are kept beside `name`.
 * @returns the answer that is believed, or the one that is worth most; `about.asked` says how often X was asked.
 */
export async function askUntilBelieved(
  store: Store,
  name: string,
  {
    ask,
    judge,
    wait,
    noteAskedAgain,
  }: AskAgainDeps & { ask: () => Promise<Answer>; judge: (answer: Answer) => Judgement },
): Promise<Answer> {
  const askOnceMore = async (): Promise<Judged> => {
    const answer = await ask();
    return { ...judge(answer), answer };
  };
  const first = await askOnceMore();
  let best = first;
  let asked = 1;
  for (let last = first; mustAskAgain(last, asked); asked += 1) {
    if (last.contradiction !== undefined) {
      await keepDoubted(store, name, last.answer);
    }
    await wait(ASK_AGAIN_AFTER_MS[asked - 1] ?? 0);
    last = await askOnceMore();
    best = isBelieved(last) || last.worth >= best.worth ? last : best;
  }
  const wasSilent = first.contradiction === undefined && best.worth > first.worth;
  if (wasSilent) {
    await keepDoubted(store, name, first.answer);
  }
  const reason = first.contradiction ?? (wasSilent ? "X gave no post" : undefined);
  if (reason !== undefined) {
    const detail = isBelieved(best) ? `then X gave ${best.worth} posts` : "it stayed so";
    noteAskedAgain({ reason, asked, detail });
  }
  const { body, about } = best.answer;
  return { body, about: asked === 1 ? about : { ...about, asked: String(asked) } };
}

/** What is silent is asked once more; what contradicts itself, a few times. */
function mustAskAgain({ contradiction, isSilent = false }: Judgement, asked: number): boolean {
  return contradiction === undefined ? isSilent && asked === 1 : asked <= ASK_AGAIN_AFTER_MS.length;
}

function isBelieved({ contradiction }: Judgement): boolean {
  return contradiction === undefined;
}

async function keepDoubted(store: Store, name: string, { body, about }: Answer): Promise<void> {
  const kept = { contentType: "application/json", metadata: about };
  for (let number = 1; number <= MOST_KEPT; number += 1) {
    if (await store.create(names.doubted(name, number), body, kept)) {
      return;
    }
  }
}
