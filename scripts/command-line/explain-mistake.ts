import { tmpdir } from "node:os";
import { relative, resolve } from "node:path";
import { MendableError } from "../checks/check.ts";

/** System errors on a path from the command line: the problem and the remedy. */
const OF_NAMED_PLACES: Record<string, readonly [what: string, remedy: string]> = {
  ENOENT: ["is not there", "Check the path"],
  ENOTDIR: ["lies in something that is not a folder", "Name a folder, or one that can be made"],
  EISDIR: ["is a folder, and not a file", "Name a file"],
  EEXIST: ["is there already, and not a folder", "Name a folder, or one that can be made"],
  ENAMETOOLONG: ["is too long a name", "Name a shorter one"],
  ELOOP: ["links to itself", "Name the place itself"],
};

/** System errors that no defect of a script can cause, on any path. */
const OF_ALL_PLACES: Record<string, readonly [what: string, remedy: string]> = {
  EACCES: ["may not be read or written by you", "Change its permissions, or name another place"],
  EPERM: ["may not be read or written by you", "Change its permissions, or name another place"],
  EROFS: ["cannot be written: its file system is read-only", "Name another place"],
  ENOSPC: ["cannot be written: no space is left", "Free some space, or name another place"],
  EDQUOT: ["cannot be written: your quota is used up", "Free some space, or name another place"],
  EMFILE: ["cannot be opened: too many files are open", "Raise the limit: ulimit -n 4096"],
  ENFILE: ["cannot be opened: too many files are open", "End other programs, and try again"],
  EADDRINUSE: ["is in use by another program", "End that program, or name another port"],
};

type SystemError = Error & { code: string; path?: unknown; address?: unknown; port?: unknown };

/**
 * Turns an error that a person can fix into one with a remedy; undefined for a defect of ours.
 * `named` are the values of the command line; other paths must exist, so their errors are defects.
 */
export function explainMistake(
  error: unknown,
  named: readonly string[],
): MendableError | undefined {
  if (error instanceof MendableError) {
    return error;
  }
  const explained = isSystemError(error) ? explainSystemError(error, named) : undefined;
  return (
    explained ??
    causesOf(error)
      .map((cause) => explainMistake(cause, named))
      .find(Boolean)
  );
}

function explainSystemError(
  error: SystemError,
  named: readonly string[],
): MendableError | undefined {
  const place = placeOf(error);
  const isNamed = [...named, tmpdir()].some((one) => contains(one, place));
  const [what, remedy] =
    OF_ALL_PLACES[error.code] ?? (isNamed ? OF_NAMED_PLACES[error.code] : undefined) ?? [];
  return what === undefined || remedy === undefined
    ? undefined
    : new MendableError(`${place ?? "A file"} ${what}`, remedy, { cause: error });
}

function placeOf({ path, address, port }: SystemError): string | undefined {
  if (typeof path === "string") {
    return path;
  }
  return typeof port === "number" ? `${String(address)}:${port}` : undefined;
}

function contains(outer: string, place: string | undefined): boolean {
  return place !== undefined && !relative(resolve(outer), resolve(place)).startsWith("..");
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}

function causesOf(error: unknown): unknown[] {
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [];
  return error instanceof Error && error.cause !== undefined ? [error.cause, ...errors] : errors;
}
