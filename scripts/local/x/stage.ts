import { profileChange, type ProfileChange, type ScriptEvent } from "./script-event.ts";
import { originalIdOf, type Post, type Timeline, type User, userSchema } from "./timeline.ts";

/** X as the script has left it at a moment; undefined: when all of it has been played. */
export type Stage = (now: Date | undefined) => Timeline;

/** Plays the script of a timeline; between two events X is one and the same object. */
export function createStage(timeline: Timeline): Stage {
  const scenes = [timeline];
  return (now) => {
    const played = timeline.script.filter((event) => isOver(event, now)).length;
    while (scenes.length <= played) {
      const before = scenes.at(-1) ?? timeline;
      const event = timeline.script[scenes.length - 1];
      scenes.push(event === undefined ? before : play(before, event));
    }
    return scenes[played] ?? timeline;
  };
}

function isOver({ at }: ScriptEvent, now: Date | undefined): boolean {
  return now === undefined || Date.parse(at) <= now.getTime();
}

function play(timeline: Timeline, event: ScriptEvent): Timeline {
  if ("post" in event) {
    return deletePost(timeline, event.post);
  }
  return "poll" in event
    ? closePoll(timeline, event.poll, event.votes)
    : changeProfile(timeline, profileChange(event));
}

function changeProfile(timeline: Timeline, change: ProfileChange | undefined): Timeline {
  const { user: id = timeline.account.id, set = {} } = change ?? {};
  const before = requireKnown(timeline.users.get(id), `user ${id}`);
  const members = Object.entries({ ...before, ...set }).filter(([, value]) => value !== null);
  const user: User = userSchema.parse(Object.fromEntries(members));
  const users = new Map(timeline.users).set(id, user);
  return { ...timeline, users, account: id === timeline.account.id ? user : timeline.account };
}

function deletePost(timeline: Timeline, id: string): Timeline {
  const { edit_history_tweet_ids: versions = [] } = requireKnown(
    timeline.everyPost.get(id),
    `post ${id}`,
  );
  const gone = new Set([id, ...versions]);
  const isLeft = (post: Post) => !gone.has(post.id) && !gone.has(originalIdOf(post) ?? "");
  return {
    ...timeline,
    posts: timeline.posts.filter(isLeft),
    everyPost: new Map([...timeline.everyPost].filter(([, post]) => isLeft(post))),
  };
}

function closePoll(timeline: Timeline, id: string, votes: readonly number[]): Timeline {
  const poll = requireKnown(timeline.polls.get(id), `poll ${id}`);
  const options = poll.options?.map((option, index) => ({ ...option, votes: votes[index] ?? 0 }));
  const closed = { ...poll, voting_status: "closed", ...(options && { options }) };
  return { ...timeline, polls: new Map(timeline.polls).set(id, closed) };
}

function requireKnown<T>(object: T | undefined, what: string): T {
  if (object === undefined) {
    throw new Error(`The script names ${what}, which X does not have then`);
  }
  return object;
}

/** X as it was when the account's newest post was made, and as it stays from then on. */
export function playToNewestPost(timeline: Timeline): Timeline {
  const [newest] = timeline.posts;
  const now = new Date(newest?.created_at ?? 0);
  return { ...createStage(timeline)(now), script: [] };
}

/** Every profile that anybody has at any moment of the script. */
export function everyProfileOf(timeline: Timeline): User[] {
  const stage = createStage(timeline);
  const moments = timeline.script.map(({ at }) => stage(new Date(at)));
  return [timeline, ...moments].flatMap(({ users }) => [...users.values()]);
}
