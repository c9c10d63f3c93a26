import { FIELDS, type Row } from "./fields.ts";

const BYTE_ORDER_MARK = "\uFEFF";
const CRLF = "\r\n";

/** Concordance's own separators (their defaults): field, quote, and line end within a value. */
const SEPARATOR = "\u0014";
const QUOTE = "\u00FE";
const LINE_END = "\u00AE";
const TAKEN = new RegExp(`[${SEPARATOR}${QUOTE}${LINE_END}]`, "gu");
const REPLACEMENT = "\uFFFD";

/** What a spreadsheet would run as a formula (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r]/;

export type LoadFile = {
  extension: "dat" | "csv";
  head: string;
  /** A row as a line, and how many characters of it the format cannot hold. */
  toLine: (row: Row) => { line: string; replaced: number };
};

/** Concordance DAT: UTF-8 with a byte order mark, each value quoted, a header row. */
export const DAT: LoadFile = {
  extension: "dat",
  head: BYTE_ORDER_MARK + datLine([...FIELDS]),
  toLine(row) {
    let replaced = 0;
    const values = FIELDS.map((field) =>
      (row[field] ?? "")
        .replaceAll(TAKEN, () => {
          replaced += 1;
          return REPLACEMENT;
        })
        .replaceAll(/\r\n|[\r\n]/g, LINE_END),
    );
    return { line: datLine(values), replaced };
  },
};

/** CSV (RFC 4180): UTF-8 with a byte order mark; a value that would be a formula begins with `'`. */
export const CSV: LoadFile = {
  extension: "csv",
  head: BYTE_ORDER_MARK + csvLine([...FIELDS]),
  toLine: (row) => ({ line: csvLine(FIELDS.map((field) => row[field] ?? "")), replaced: 0 }),
};

export function csvLine(values: readonly string[]): string {
  return values.map(csvValue).join(",") + CRLF;
}

function csvValue(value: string): string {
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function datLine(values: readonly string[]): string {
  return values.map((value) => QUOTE + value + QUOTE).join(SEPARATOR) + CRLF;
}
