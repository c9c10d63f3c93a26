/** How X answers that withholds posts which it has; the address is the path of the call. */
export type Withhold = (answer: XAnswer, path: string) => XAnswer;

type Post = { id?: unknown };
type XAnswer = {
  data?: unknown;
  includes?: Record<string, unknown>;
  errors?: unknown[];
  meta?: Record<string, unknown>;
};

/**
 * Says nothing of some posts: of every second one that it was asked for by id, and of all that a page
 * would have along. That X leaves ids out of both `data` and `errors` was seen live.
 */
export const omitPosts: Withhold = ({ data, includes, errors, ...rest }, path) => {
  const { tweets: _tweets, posts: _posts, ...others } = includes ?? {};
  const isLookup = path === "/2/tweets";
  return {
    ...rest,
    ...(data !== undefined && { data: isLookup && Array.isArray(data) ? halfOf(data) : data }),
    ...(includes && { includes: others }),
    ...(errors && { errors: isLookup ? halfOf(errors) : errors }),
  };
};

/** Names the newest post of a timeline's page among the errors, and does not hand it out there. */
export const refuseNewest: Withhold = (answer, path) => {
  const posts: unknown[] = Array.isArray(answer.data) ? answer.data : [];
  const [newest, ...others] = posts;
  if (!/^\/2\/users\/\d+\/(?:tweets|mentions)$/.test(path) || !isPost(newest)) {
    return answer;
  }
  const error = {
    value: newest.id,
    resource_id: newest.id,
    resource_type: "tweet",
    parameter: "id",
    title: "Authorization Error",
    detail: `Sorry, you are not authorized to see the tweet with id: [${String(newest.id)}].`,
    type: "https://api.x.com/2/problems/not-authorized-for-resource",
  };
  const { data: _, ...rest } = answer;
  return {
    ...rest,
    ...(others.length > 0 && { data: others }),
    errors: [...(answer.errors ?? []), error],
    meta: { ...answer.meta, result_count: others.length },
  };
};

function halfOf(all: unknown[]): unknown[] {
  return all.filter((_, index) => index % 2 === 1);
}

function isPost(value: unknown): value is Post {
  return typeof value === "object" && value !== null && "id" in value;
}

/** Changes the body of an answer; what is no JSON object stays as it is. */
export function changeBody(body: Buffer, path: string, withhold: Withhold): Buffer {
  try {
    const answer: unknown = JSON.parse(body.toString("utf8"));
    return typeof answer === "object" && answer !== null
      ? Buffer.from(JSON.stringify(withhold(answer, path)))
      : body;
  } catch {
    return body;
  }
}
