import type { ScriptEvent } from "./script-event.ts";
import { type Timeline, type User, userSchema } from "./timeline.ts";

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

export function isOver({ at }: ScriptEvent, now: Date | undefined): boolean {
  return now === undefined || Date.parse(at) <= now.getTime();
}

function play(timeline: Timeline, { user: id = timeline.account.id, set }: ScriptEvent): Timeline {
  const before = timeline.users.get(id);
  if (before === undefined) {
    throw new Error(`The script names user ${id}, whom X does not know`);
  }
  const user = change(before, set);
  const users = new Map(timeline.users).set(id, user);
  return { ...timeline, users, account: id === timeline.account.id ? user : timeline.account };
}

function change(user: User, set: ScriptEvent["set"]): User {
  const members = Object.entries({ ...user, ...set }).filter(([, value]) => value !== null);
  return userSchema.parse(Object.fromEntries(members));
}

/** Every profile that anybody has at any moment of the script. */
export function everyProfileOf(timeline: Timeline): User[] {
  const stage = createStage(timeline);
  const moments = timeline.script.map(({ at }) => stage(new Date(at)));
  return [timeline, ...moments].flatMap(({ users }) => [...users.values()]);
}
