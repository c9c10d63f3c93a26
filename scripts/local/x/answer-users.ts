import type { Answer } from "./answer-posts.ts";
import { expandUsers } from "./includes.ts";
import { notFound, type PartialError } from "./problems.ts";
import { renderUser } from "./render.ts";
import type { User } from "./timeline.ts";
import { postsOf, type View } from "./view.ts";
import type { Selection } from "./vocabulary.ts";

/** Users with what they refer to; members that would be empty are left out (docs/x-api.md#missing-posts). */
export function answerUsers(
  view: View,
  selection: Selection,
  { users, errors }: { users: readonly User[]; errors: PartialError[] },
): Answer {
  const { includes, errors: missing } = expandUsers(view, users, selection);
  const data = users.map((user) =>
    renderUser({ ...user, public_metrics: countedMetrics(user, view) }, selection),
  );
  const all = [...errors, ...missing];
  return {
    ...(data.length > 0 && { data }),
    ...(Object.keys(includes).length > 0 && { includes }),
    ...(all.length > 0 && { errors: all }),
  };
}

/** Users by their ids; one that X does not know is an error of the answer, not of the request. */
export function lookUpUsers({ timeline }: View, ids: readonly string[]) {
  const users: User[] = [];
  const errors: PartialError[] = [];
  for (const value of new Set(ids)) {
    const user = timeline.users.get(value);
    if (user === undefined) {
      errors.push(notFound({ type: "user", parameter: "ids", value }));
    } else {
      users.push(user);
    }
  }
  return { users, errors };
}

/** X always says how many posts an account has, reposts included. */
function countedMetrics(user: User, view: View): Record<string, unknown> {
  const { public_metrics: given } = user;
  return {
    tweet_count: postsOf(view, user.id).length,
    ...(typeof given === "object" ? given : {}),
  };
}
