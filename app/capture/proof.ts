import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import type { TimelineKey } from "../feeds/feed.ts";
import type { Coverage } from "./coverage.ts";
import { storedEvidence } from "./probes.ts";
import { type Interval, join, subtract } from "../time/intervals.ts";
import { storedScan } from "./pages.ts";
import { provenBy, type CompletenessEvidence, type Scan } from "./scan.ts";

/** What one capture has stored: the walk that its pages make, and what X said of how far it reaches. */
export type Evidence = { captureId: string; scan: Scan; reach: CompletenessEvidence };

export type Proof = {
  /** What the pages prove to have been read completely. */
  proven: Interval[];
  /** The same of all posts but reposts. */
  provenWithoutReposts: Interval[];
  /** What coverage says, and the pages do not. */
  unproven: Interval[];
};

/** Holds what coverage says of a timeline against what was stored of it. */
export function prove(evidence: Evidence[], { intervals }: Pick<Coverage, "intervals">): Proof {
  const of = (captures: Evidence[]) =>
    join(captures.flatMap(({ scan, reach }) => provenBy(scan, reach)));
  const proven = of(evidence.filter(({ scan }) => !scan.isSearch));
  const provenWithoutReposts = of(evidence);
  return {
    proven,
    provenWithoutReposts,
    unproven: join(
      intervals.flatMap(({ start, end, without }) =>
        subtract({ start, end }, without ? provenWithoutReposts : proven),
      ),
    ),
  };
}

/** All that a job's captures have stored, whether coverage knows of it or not. */
export async function readEvidence(store: Store, of: TimelineKey): Promise<Evidence[]> {
  const evidence: Evidence[] = [];
  for (const captureId of await captureIdsOf(store, of)) {
    const scan = await storedScan(store, names.capturePages(of, captureId));
    if (scan) {
      evidence.push({ captureId, scan, reach: await storedEvidence(store, of, captureId) });
    }
  }
  return evidence;
}

async function captureIdsOf(store: Store, of: TimelineKey): Promise<Set<string>> {
  const folder = names.everyCapture(of);
  const ids = new Set<string>();
  for await (const name of store.list(folder)) {
    const [, captureId] = /^(.+)\/pages\/[^/]+$/.exec(name.slice(folder.length)) ?? [];
    ids.add(captureId ?? "");
  }
  ids.delete("");
  return ids;
}
