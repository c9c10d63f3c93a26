import { parseKusto, type Tree } from "./kusto.ts";

/** A row of a table. Datetimes are Dates, timespans milliseconds, and null is undefined. */
export type Row = Record<string, unknown>;
export type Tables = Record<string, Row[]>;

/**
 * Runs a query over rows: as much of Kusto as alerts and workbook use, on the tree that Azure's own
 * parser makes of it. Whatever it does not know, it refuses.
 */
export function runKusto(query: string, tables: Tables, now: Date): Row[] {
  const world = { tables, now };
  const statement = descend(parseKusto(query), "ExpressionStatement");
  return tabular(part(statement, 0), world);
}

type World = { tables: Tables; now: Date };

function tabular(tree: Tree, world: World): Row[] {
  switch (tree.kind) {
    case "PipeExpression":
      return (
        OPERATORS[part(tree, 2).kind]?.(part(tree, 2), tabular(part(tree, 0), world), world) ??
        refuse(part(tree, 2))
      );
    case "UnionOperator":
      return elements(part(tree, 2)).flatMap((one) => tabular(one, world));
    case "ParenthesizedExpression":
      return tabular(part(tree, 1), world);
    case "DataTableExpression":
      return [];
    case "NameReference":
      return world.tables[nameOf(tree)] ?? [];
    default:
      return refuse(tree);
  }
}

type Operator = (tree: Tree, rows: Row[], world: World) => Row[];

const OPERATORS: Record<string, Operator> = {
  ExtendOperator: (tree, rows, world) =>
    rows.map((row) => ({ ...row, ...columns(part(tree, 1), row, world) })),
  ProjectOperator: (tree, rows, world) => rows.map((row) => columns(part(tree, 1), row, world)),
  FilterOperator: (tree, rows, world) =>
    rows.filter((row) => evaluate(part(tree, 2), row, world) === true),
  SummarizeOperator: summarize,
  MvExpandOperator: (tree, rows, world) => {
    const [expansion] = elements(part(tree, 2));
    const [what] = expansion?.parts ?? [];
    return rows.flatMap((row) =>
      Object.entries(
        columns({ kind: "List", text: "", parts: what ? [what] : [] }, row, world),
      ).flatMap(([name, values]) =>
        [values].flat().map((value: unknown) => ({ ...row, [name]: value })),
      ),
    );
  },
  SortOperator: (tree, rows, world) => sort(elements(part(tree, 3))[0], rows, world),
  TopOperator: (tree, rows, world) =>
    sort(part(tree, 4), rows, world).slice(0, Number(tokenOf(part(tree, 2)))),
};

function sort(ordered: Tree | undefined, rows: Row[], world: World): Row[] {
  if (ordered?.kind !== "OrderedExpression") {
    return refuse(ordered ?? { kind: "nothing", text: "", parts: [] });
  }
  const sign = descend(part(ordered, 1), "AscKeyword", true) ? 1 : -1;
  const key = (row: Row) => evaluate(part(ordered, 0), row, world);
  return rows.toSorted((a, b) => sign * compare(key(a), key(b)));
}

function summarize(tree: Tree, rows: Row[], world: World): Row[] {
  const by = tree.parts.find(({ kind }) => kind === "SummarizeByClause");
  const groups = new Map<string, { keys: Row; rows: Row[] }>();
  if (!by) {
    groups.set("", { keys: {}, rows });
  }
  for (const row of by ? rows : []) {
    const keys = columns(part(by ?? tree, 1), row, world);
    const group = groups.get(JSON.stringify(keys)) ?? { keys, rows: [] };
    group.rows.push(row);
    groups.set(JSON.stringify(keys), group);
  }
  const aggregates = elements(part(tree, 2));
  return [...groups.values()].map(({ keys, rows: members }) => {
    const made = aggregates.flatMap((one) => Object.entries(aggregate(one, members, world)));
    return { ...keys, ...Object.fromEntries(made) };
  });
}

function aggregate(tree: Tree, rows: Row[], world: World): Row {
  const isNamed = tree.kind === "SimpleNamedExpression";
  const call = isNamed ? part(tree, 2) : tree;
  const [name, parameters] = callOf(call);
  const valuesOf = (index: number, among = rows) => {
    const parameter = parameters[index];
    return among.map((row) => (parameter ? evaluate(parameter, row, world) : undefined));
  };
  if (name === "arg_max") {
    const times = valuesOf(0);
    const latest = times.reduce<number>(
      (best, time, at) => (compare(time, times[best]) > 0 ? at : best),
      0,
    );
    const row = rows[latest] ?? {};
    return Object.fromEntries(parameters.map((one) => [nameOf(one), evaluate(one, row, world)]));
  }
  const isConditional = name.endsWith("if");
  const condition = parameters[name === "countif" ? 0 : 1];
  const among =
    isConditional && condition
      ? rows.filter((row) => evaluate(condition, row, world) === true)
      : rows;
  const combine = AGGREGATES[isConditional ? name.slice(0, -2) : name] ?? refuse(call);
  const rest = parameters.slice(1).map((one) => evaluate(one, {}, world));
  const value = combine(
    name === "countif" ? among : valuesOf(0, among).filter((one) => one !== undefined),
    rest[0],
  );
  return { [isNamed ? nameOf(part(tree, 0)) : `${name}_`]: value };
}

const AGGREGATES: Record<string, (values: unknown[], parameter: unknown) => unknown> = {
  count: (values) => values.length,
  sum: (values) => values.reduce<number>((total, value) => total + Number(value), 0),
  min: (values) => values.toSorted(compare)[0],
  max: (values) => values.toSorted(compare).at(-1),
  take_any: (values) => values[0],
  percentile: (values, rank) =>
    values.toSorted(compare)[Math.max(0, Math.ceil((Number(rank) / 100) * values.length) - 1)],
};

/** Columns of an extend, a project or a `by`. */
function columns(list: Tree, row: Row, world: World): Row {
  return Object.fromEntries(
    elements(list).map((one) =>
      one.kind === "SimpleNamedExpression"
        ? [nameOf(part(one, 0)), evaluate(part(one, 2), row, world)]
        : [
            one.kind === "FunctionCallExpression" ? nameOf(callOf(one)[1][0] ?? one) : nameOf(one),
            evaluate(one, row, world),
          ],
    ),
  );
}

type Scalar = (parameters: unknown[], world: World) => unknown;

const DAY_MS = 24 * 3600 * 1000;

const FUNCTIONS: Record<string, Scalar> = {
  parse_json: ([text]) => parseJson(text),
  tostring: ([value]) => toText(value),
  tolong: ([value]) =>
    value === undefined || value === "" ? undefined : Math.trunc(Number(value)),
  todatetime: ([value]) => toDate(value),
  isnotempty: ([value]) => toText(value) !== "",
  isnull: ([value]) => value === undefined,
  isnotnull: ([value]) => value !== undefined,
  coalesce: (values) => values.find((value) => value !== undefined && value !== ""),
  ago: ([span], { now }) => new Date(now.getTime() - Number(span)),
  startofday: ([time]) => new Date(Math.floor(Number(time) / DAY_MS) * DAY_MS),
  bin: ([value, step]) => {
    const floor = Math.floor(Number(value) / Number(step)) * Number(step);
    return value instanceof Date ? new Date(floor) : floor;
  },
  range: ([first, last, step]) =>
    Array.from(
      { length: Math.floor((Number(last) - Number(first)) / Number(step)) + 1 },
      (_, at) => new Date(Number(first) + at * Number(step)),
    ),
  min_of: (values) => values.toSorted(compare)[0],
  max_of: (values) => values.toSorted(compare).at(-1),
  case: ([condition, value, ...rest]): unknown =>
    condition === true
      ? value
      : rest.length > 1
        ? FUNCTIONS["case"]?.(rest, { tables: {}, now: new Date(0) })
        : rest[0],
  // Read as mv-expand of kind array wants it.
  bag_pack: (values) =>
    values.flatMap((value, at) => (at % 2 === 0 ? [{ "0": value, "1": values[at + 1] }] : [])),
};

function evaluate(tree: Tree, row: Row, world: World): unknown {
  const at = (index: number) => evaluate(part(tree, index), row, world);
  switch (tree.kind) {
    case "NameReference":
      return row[nameOf(tree)];
    case "PathExpression":
      return memberOf(at(0), nameOf(part(tree, 2)));
    case "ElementExpression":
      return memberOf(at(0), String(evaluate(part(part(tree, 1), 1), row, world)));
    case "ParenthesizedExpression":
      return at(1);
    case "StringLiteralExpression":
      return parseJson(tokenOf(tree));
    case "LongLiteralExpression":
      return Number(tokenOf(tree));
    case "TimespanLiteralExpression":
      return toMilliseconds(tokenOf(tree));
    case "AndExpression":
      return at(0) === true && at(2) === true;
    case "OrExpression":
      return at(0) === true || at(2) === true;
    case "EqualExpression":
      return at(0) !== undefined && compare(at(0), at(2)) === 0;
    case "LessThanExpression":
      return areKnown(at(0), at(2)) && compare(at(0), at(2)) < 0;
    case "GreaterThanExpression":
      return areKnown(at(0), at(2)) && compare(at(0), at(2)) > 0;
    case "ContainsExpression":
      return toText(at(0))
        .toLowerCase()
        .includes(toText(at(2)).toLowerCase());
    case "NotContainsExpression":
      return !toText(at(0))
        .toLowerCase()
        .includes(toText(at(2)).toLowerCase());
    case "InExpression":
      return elements(part(part(tree, 2), 1)).some(
        (one) => compare(at(0), evaluate(one, row, world)) === 0,
      );
    case "AddExpression":
      return areKnown(at(0), at(2)) ? add(at(0), Number(at(2))) : undefined;
    case "SubtractExpression":
      return areKnown(at(0), at(2)) ? subtract(at(0), at(2)) : undefined;
    case "DivideExpression":
      return areKnown(at(0), at(2)) ? Number(at(0)) / Number(at(2)) : undefined;
    case "FunctionCallExpression": {
      const [name, parameters] = callOf(tree);
      const known = FUNCTIONS[name] ?? refuse(tree);
      return known(
        parameters.map((one) => evaluate(one, row, world)),
        world,
      );
    }
    default:
      return refuse(tree);
  }
}

function add(one: unknown, ms: number): unknown {
  return one instanceof Date ? new Date(one.getTime() + ms) : Number(one) + ms;
}

function subtract(one: unknown, other: unknown): unknown {
  return one instanceof Date && !(other instanceof Date)
    ? add(one, -Number(other))
    : Number(one) - Number(other);
}

function areKnown(...values: unknown[]): boolean {
  return values.every((value) => value !== undefined);
}

function compare(one: unknown, other: unknown): number {
  const [a, b] = [one, other].map((value) => (value instanceof Date ? value.getTime() : value));
  if (typeof a === "number" && typeof b === "number") {
    return a - b;
  }
  return a === b ? 0 : toText(a) < toText(b) ? -1 : 1;
}

/** A member of what JSON held; of a text that was none, nothing. */
function memberOf(value: unknown, name: string): unknown {
  const member: unknown =
    typeof value === "object" && value !== null
      ? Object.getOwnPropertyDescriptor(value, name)?.value
      : undefined;
  return member ?? undefined;
}

/** What texts hold: queries ask each line of a log again and again. Nothing here changes a value. */
const parsed = new Map<unknown, unknown>();

function parseJson(text: unknown): unknown {
  if (!parsed.has(text)) {
    parsed.set(text, parseOnce(text));
  }
  return parsed.get(text);
}

function parseOnce(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return text;
  }
}

function toText(value: unknown): string {
  if (value instanceof Date) {
    return value.toISOString();
  }
  return typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
}

function toDate(value: unknown): Date | undefined {
  const date = value instanceof Date ? value : new Date(toText(value));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

const UNITS: Record<string, number> = { d: DAY_MS, h: 3_600_000, m: 60_000, s: 1000 };

function toMilliseconds(literal: string): number {
  const [, count, unit = ""] = /^(\d+)([dhms])$/.exec(literal) ?? [];
  return Number(count) * (UNITS[unit] ?? Number.NaN);
}

/** What is between the commas of a list. */
function elements(list: Tree): Tree[] {
  return list.parts.map((one) => (one.kind === "SeparatedElement" ? part(one, 0) : one));
}

function callOf(tree: Tree): [name: string, parameters: Tree[]] {
  return tree.kind === "FunctionCallExpression"
    ? [tokenOf(part(tree, 0)), elements(part(part(tree, 1), 1))]
    : refuse(tree);
}

function nameOf(tree: Tree): string {
  const bracketed = descend(tree, "StringLiteralToken", true);
  return bracketed ? String(parseJson(bracketed.text)) : tokenOf(tree);
}

/** The first token below. */
function tokenOf(tree: Tree): string {
  return tree.parts.length === 0 ? tree.text : tokenOf(part(tree, 0));
}

function descend(tree: Tree, kind: string): Tree;
function descend(tree: Tree, kind: string, mayMiss: true): Tree | undefined;
function descend(tree: Tree, kind: string, mayMiss?: true): Tree | undefined {
  if (tree.kind === kind) {
    return tree;
  }
  for (const one of tree.parts) {
    const found = descend(one, kind, true);
    if (found) {
      return found;
    }
  }
  return mayMiss ? undefined : refuse(tree);
}

function part(tree: Tree, index: number): Tree {
  return tree.parts[index] ?? refuse(tree);
}

function refuse(tree: Tree): never {
  throw new Error(`Kusto as it is run here knows no ${tree.kind} ${tree.text}`);
}
