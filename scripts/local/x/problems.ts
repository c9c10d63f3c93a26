/** Answers that are not data, as X words them (docs/x-api.md#errors). */
export type Problem = { status: 400 | 401 | 403 | 404 | 405 | 409 | 421 | 429 | 500; body: object };

const PROBLEMS = "https://api.x.com/2/problems";

export function invalidRequest(parameter: string, value: string, message: string): Problem {
  return {
    status: 400,
    body: {
      errors: [{ parameters: { [parameter]: [value] }, message }],
      title: "Invalid Request",
      detail: "One or more parameters to your request was invalid.",
      type: `${PROBLEMS}/invalid-request`,
    },
  };
}

export const UNAUTHORIZED: Problem = {
  status: 401,
  body: { title: "Unauthorized", type: "about:blank", status: 401, detail: "Unauthorized" },
};

export const INVALID_TOKEN: Problem = {
  status: 401,
  body: { errors: [{ code: 89, message: "Invalid or expired token." }] },
};

export const CALLBACK_NOT_APPROVED: Problem = {
  status: 403,
  body: {
    errors: [{ code: 415, message: "Callback URL not approved for this client application." }],
  },
};

export const UNSUPPORTED_AUTHENTICATION: Problem = {
  status: 403,
  body: {
    title: "Unsupported Authentication",
    detail: "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.",
    type: `${PROBLEMS}/unsupported-authentication`,
    status: 403,
  },
};

export const UNVERIFIED_CREDENTIALS: Problem = {
  status: 403,
  body: {
    errors: [
      {
        code: 99,
        message: "Unable to verify your credentials",
        label: "authenticity_token_error",
      },
    ],
  },
};

export const TOO_MANY_REQUESTS: Problem = {
  status: 429,
  body: {
    title: "Too Many Requests",
    detail: "Too Many Requests",
    type: "about:blank",
    status: 429,
  },
};

/** A problem without more to say: no such path, wrong method, wrong host, a defect. */
export function plainProblem(status: 403 | 404 | 405 | 409 | 421 | 500, title: string): Problem {
  return { status, body: { title, detail: title, type: "about:blank", status } };
}

/** An entry of the top-level `errors` of an answer with status 200. */
export type PartialError = {
  value: string;
  detail: string;
  title: string;
  resource_type: string;
  parameter: string;
  resource_id: string;
  type: string;
};

export type Missing = { type: string; parameter: string; value: string };

export function notFound({ type, parameter, value }: Missing): PartialError {
  return {
    value,
    detail: `Could not find ${type} with ${parameter}: [${value}].`,
    title: "Not Found Error",
    resource_type: type,
    parameter,
    resource_id: value,
    type: `${PROBLEMS}/resource-not-found`,
  };
}

export function notAuthorized({ type, parameter, value }: Missing): PartialError {
  return {
    value,
    detail: `Sorry, you are not authorized to see the ${type} with ${parameter}: [${value}].`,
    title: "Authorization Error",
    resource_type: type,
    parameter,
    resource_id: value,
    type: `${PROBLEMS}/not-authorized-for-resource`,
  };
}

/** Thrown where a request cannot be answered; the server turns it into the problem's answer. */
export class Refusal extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(JSON.stringify(problem.body));
    this.name = "Refusal";
    this.problem = problem;
  }
}
