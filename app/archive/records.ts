import * as z from "zod";
import { ConnectorError } from "../errors.ts";

type Members = Record<string, unknown>;
/** Takes the members of a record from one schema to the next. */
export type Migration = (older: Members) => Members;

/**
 * A kind of stored record. `shape` describes it as it is now, with no defaults and no transforms: what
 * was read is what lies there. `migrations[0]` takes schema 1 to schema 2, and so on.
 */
export type RecordType<T> = {
  schema: number;
  shape: z.ZodType<T, T>;
  members: ReadonlySet<string>;
  migrations: readonly Migration[];
};

export function recordType<T>(
  shape: z.ZodType<T, T> & z.ZodObject,
  migrations: readonly Migration[] = [],
): RecordType<T> {
  const members = new Set(Object.keys(shape.shape));
  return { schema: migrations.length + 1, shape, members, migrations };
}

export type RecordOf<R> = R extends RecordType<infer T> ? T : never;

/** Records that were written before they had numbers are of the first schema. */
const envelope = z.looseObject({ schema: z.int().positive().optional() });

/**
 * Reads a record, an older one as it would be written today. Members that the shape does not know stay
 * in it, at any depth, so that they are there still when it is changed and written back.
 * @param name for the error.
 * @param unnumbered the schema of one that says none.
 * @throws ConnectorError `newer-record` where a newer version of the connector wrote it,
 * `unusable-record` where it is none of that kind.
 */
export function parseRecord<T>(
  name: string,
  body: string | Uint8Array,
  { schema: newest, shape, migrations }: RecordType<T>,
  unnumbered = 1,
): T {
  const { schema = unnumbered, ...members } = parseEnvelope(name, body);
  if (schema > newest) {
    throw new ConnectorError(
      "newer-record",
      `${name} in the archive was written by a newer version of the connector (schema ${schema}; ` +
        `this version reads up to ${newest}). Deploy that version again`,
    );
  }
  const migrated = migrate(name, members, migrations.slice(schema - 1));
  if (!fits(shape, migrated)) {
    throw unusable(name, shape.safeParse(migrated).error);
  }
  return migrated;
}

/** A record as it is stored, with the number of its schema. */
export function toRecord<T extends object>({ schema }: RecordType<T>, value: T): Uint8Array {
  return Buffer.from(JSON.stringify({ ...value, schema }));
}

/** A changed record with what the one of before has beside the members that are known. */
export function withUnknown<T extends object>(
  { members }: RecordType<T>,
  before: T,
  changed: T,
): T {
  const unknown = Object.entries(before).filter(([name]) => !members.has(name));
  return { ...Object.fromEntries(unknown), ...changed };
}

/** The schema of a record, which may be one that cannot be read here. */
export function schemaOf(name: string, body: string | Uint8Array): number {
  return parseEnvelope(name, body).schema ?? 1;
}

/** A record's members with other names; those that are absent stay absent. */
export function renamed(members: Members, names: Record<string, string>): Members {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [names[name] ?? name, value]),
  );
}

function parseEnvelope(name: string, body: string | Uint8Array) {
  try {
    return envelope.parse(JSON.parse(Buffer.from(body).toString("utf8")));
  } catch (cause) {
    throw unusable(name, cause);
  }
}

function migrate(name: string, older: Members, migrations: readonly Migration[]): unknown {
  try {
    return migrations.reduce((members, toNext) => toNext(members), older);
  } catch (cause) {
    throw unusable(name, cause);
  }
}

function fits<T>(shape: z.ZodType<T, T>, value: unknown): value is T {
  return shape.safeParse(value).success;
}

function unusable(name: string, cause: unknown): ConnectorError {
  return new ConnectorError("unusable-record", `${name} in the archive cannot be read`, { cause });
}
