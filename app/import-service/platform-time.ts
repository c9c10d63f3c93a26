import * as z from "zod";

/** `DateTime.MinValue`: midnight of 1 January of the year 1. */
const FIRST_TIME = new Date("0001-01-01T00:00:00Z");
/** `DateTime.MaxValue` lies in this year: it has no whole second after it, and stands for "no end". */
const LAST_YEAR = 9999;

const DOTNET_DATE = /^\/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\/$/;
const ISO_TIME =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,16}))?(?:(Z)|([+-]\d\d)(?::?(\d\d))?)?$/i;
const isoSchema = z.iso.datetime({ offset: true });

/**
 * A time in any form in which .NET writes one (Newtonsoft.Json, `DateTimeUtils`), to the millisecond:
 * - ISO 8601 with up to seven digits of a second, and `Z`, an offset (`+02:00`, `+0200`, `+02`), or
 *   neither, which is UTC (the kind that the sample's host writes). What is less than a millisecond
 *   counts as one, so that a window that ends there is not cut short.
 * - `/Date(1767225600000+0200)/`: milliseconds since 1970 in UTC, whatever offset stands behind them.
 * - `DateTime.MinValue`, in whatever zone: the year 1, before everything that X has.
 * - `DateTime.MaxValue`, in whatever zone: refused, since a window without an end is never complete.
 */
export const platformTimeSchema = z.string().transform((text, context) => {
  const at = parseDotNetDate(text) ?? parseIsoTime(text);
  if (!at || Number.isNaN(at.getTime())) {
    return refuse(context, "must be an ISO 8601 time");
  }
  if (at < FIRST_TIME) {
    return FIRST_TIME;
  }
  return at.getUTCFullYear() < LAST_YEAR
    ? at
    : refuse(context, "must lie before the year 9999: DateTime.MaxValue is no end of a window");
});

function refuse(context: z.RefinementCtx, message: string): typeof z.NEVER {
  context.addIssue({ code: "custom", message });
  return z.NEVER;
}

function parseDotNetDate(text: string): Date | undefined {
  const milliseconds = DOTNET_DATE.exec(text)?.[1];
  return milliseconds === undefined ? undefined : new Date(Number(milliseconds));
}

function parseIsoTime(text: string): Date | undefined {
  const [, clock, fraction = "", utc, hours, minutes = "00"] = ISO_TIME.exec(text) ?? [];
  if (clock === undefined || clock.startsWith("0000")) {
    return undefined;
  }
  const zone = utc !== undefined || hours === undefined ? "Z" : `${hours}:${minutes}`;
  const iso = isoSchema.safeParse(`${clock.toUpperCase()}.${toMilliseconds(fraction)}${zone}`);
  return iso.success ? new Date(iso.data) : undefined;
}

/** Three digits of a second: `000` only where there is no fraction at all. */
function toMilliseconds(fraction: string): string {
  const digits = fraction.slice(0, 3).padEnd(3, "0");
  return digits === "000" && /[1-9]/.test(fraction) ? "001" : digits;
}
