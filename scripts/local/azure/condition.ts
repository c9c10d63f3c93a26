/** Whether an action (after the provider's resource type) on a container meets a condition. */
export type Condition = (action: string, container: string) => boolean;

const ACTION = "Microsoft.Storage/storageAccounts/";
const CONTAINER_NAME = `${ACTION}blobServices/containers:name`;
const TOKEN =
  /\s*(?:(AND|OR)\b|([()!])|ActionMatches\{'([^']+)'\}|@Resource\[([^\]]+)\]\s+(StringEquals|StringNotEquals)\s+'([^']*)')/y;

/**
 * Reads a condition of a role assignment: actions and the container's name, joined by AND, OR, `!` and
 * brackets. Source: learn.microsoft.com/azure/role-based-access-control/conditions-format.
 * @throws Error for whatever else there may be in one, rather than to judge it wrongly.
 */
export function readCondition(text: string): Condition {
  const tokens = toTokens(text);
  let at = 0;
  const any = (): Condition => join("OR", all, (left, right) => left || right);
  const all = (): Condition => join("AND", one, (left, right) => left && right);
  const join = (
    word: string,
    part: () => Condition,
    combine: (left: boolean, right: boolean) => boolean,
  ): Condition => {
    const parts = [part()];
    while (tokens[at] === word) {
      at += 1;
      parts.push(part());
    }
    return (...asked) => parts.map((judge) => judge(...asked)).reduce(combine);
  };
  const one = (): Condition => {
    const token = tokens[at];
    at += 1;
    if (typeof token === "function") {
      return token;
    }
    if (token === "!") {
      const judge = one();
      return (...asked) => !judge(...asked);
    }
    if (token === "(") {
      const judge = any();
      if (tokens[at] === ")") {
        at += 1;
        return judge;
      }
    }
    throw malformed(text);
  };
  const judge = any();
  if (at !== tokens.length) {
    throw malformed(text);
  }
  return judge;
}

function toTokens(text: string): (string | Condition)[] {
  const tokens: (string | Condition)[] = [];
  TOKEN.lastIndex = 0;
  let end = 0;
  for (let found = TOKEN.exec(text); found; found = TOKEN.exec(text)) {
    end = TOKEN.lastIndex;
    const [, word, sign, action, attribute, operator, value] = found;
    if (action !== undefined) {
      tokens.push((asked) => `${ACTION}${asked}` === action);
    } else if (attribute === CONTAINER_NAME) {
      tokens.push((_, container) => (container === value) === (operator === "StringEquals"));
    } else if (attribute === undefined) {
      tokens.push(word ?? sign ?? "");
    } else {
      throw malformed(text);
    }
  }
  if (text.slice(end).trim() !== "") {
    throw malformed(text);
  }
  return tokens;
}

function malformed(text: string): Error {
  return new Error(`InvalidRoleAssignmentCondition: the local Azure cannot judge ${text}`);
}
