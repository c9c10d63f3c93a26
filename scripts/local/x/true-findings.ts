import type { TrueFinding, TruePost } from "../contracts.ts";
import type { MediaFiles } from "./media-files.ts";
import { createStage, type Stage } from "./stage.ts";
import type { Post, Timeline } from "./timeline.ts";
import { decodeHtml, tellTruth } from "./truth.ts";
import { findPost } from "./view.ts";

type Found = Omit<TrueFinding, "post"> & { postId: string };

/**
 * What becomes of an account's posts, in order of time: told by what X shows to the account before and
 * after each event, and when a poll has ended.
 */
export function tellFindings(timeline: Timeline, files: MediaFiles): TrueFinding[] {
  const stage = createStage(timeline);
  const truth = new Map(tellTruth(timeline, files).map((post) => [post.id, post]));
  const found = [...findChanges(timeline, stage), ...findPollResults(timeline, stage)];
  return found
    .toSorted((a, b) => Date.parse(a.since) - Date.parse(b.since))
    .flatMap((one) => tell(truth, one));
}

function tell(truth: ReadonlyMap<string, TruePost>, { postId, ...found }: Found): TrueFinding[] {
  const post = truth.get(postId);
  return post === undefined ? [] : [{ ...found, post }];
}

function findChanges({ posts, script }: Timeline, stage: Stage): Found[] {
  const moments = [...new Set(script.map(({ at }) => at))];
  return moments.flatMap((since, index) => {
    const before = stage(new Date(moments[index - 1] ?? 0));
    const after = stage(new Date(since));
    return posts
      .filter(({ created_at: made }) => Date.parse(made) <= Date.parse(since))
      .flatMap(({ id: postId }): Found[] => {
        const [was, is] = [before, after].map((scene) => isShown(scene, postId));
        const kind = was ? ("Deletion" as const) : ("Reappearance" as const);
        return was === is ? [] : [{ kind, postId, since, votes: [] }];
      });
  });
}

/** Of a post that X does not show, nobody can ask how its poll ended. */
function findPollResults({ posts, polls }: Timeline, stage: Stage): Found[] {
  return posts.flatMap(({ id: postId, attachments }) =>
    (attachments?.poll_ids ?? []).flatMap((pollId): Found[] => {
      const since = polls.get(pollId)?.["end_datetime"];
      if (typeof since !== "string") {
        return [];
      }
      const scene = stage(new Date(since));
      const votes = votesOf(scene, pollId);
      return isShown(scene, postId) ? [{ kind: "PollResult", postId, since, votes }] : [];
    }),
  );
}

function isShown(timeline: Timeline, id: Post["id"]): boolean {
  const view = { timeline, viewerId: timeline.account.id, now: undefined, hidden: NOTHING };
  return findPost(view, id).state === "shown";
}

const NOTHING: ReadonlySet<string> = new Set();

function votesOf({ polls }: Timeline, id: string): TrueFinding["votes"] {
  return (polls.get(id)?.options ?? []).map(({ label = "", votes }) => ({
    label: decodeHtml(label),
    votes: Number(votes ?? 0),
  }));
}
