import type { ShownProfile } from "../contracts.ts";
import type { MediaFiles } from "./media-files.ts";
import type { User } from "./timeline.ts";
import { isSameProfile, tellProfile } from "./true-profile.ts";

/** Keeps what X has told each account of itself, in order of time. */
export function createProfileJournal(now: () => number, files: MediaFiles) {
  const shown = new Map<string, ShownProfile[]>();
  return {
    enter(user: User): void {
      const profile = tellProfile(user, files);
      const entries = shown.get(user.id) ?? [];
      const last = entries.at(-1);
      const time = new Date(now()).toISOString();
      if (last !== undefined && isSameProfile(last.profile, profile)) {
        last.last = time;
      } else {
        shown.set(user.id, [...entries, { profile, first: time, last: time }]);
      }
    },
    shownTo: (accountId: string): readonly ShownProfile[] => shown.get(accountId) ?? [],
  };
}
