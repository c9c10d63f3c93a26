import { z } from "zod";
import { ARCHIVE_NOTES, archiveOptions, oneArchive } from "./command-line/archive-options.ts";
import { flag, option } from "./command-line/options.ts";
import { runScript } from "./command-line/run-script.ts";
import { MendableError } from "./checks/check.ts";
import { exportJob } from "./export/export.ts";
import { openFolder } from "./export/folder.ts";
import { createProgress, summary } from "./local/progress.ts";
import { jobsIn } from "./verify/jobs.ts";
import { openArchive } from "./verify/open-archive.ts";

const INSTANT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}Z)?$/;
const instant = z
  .string()
  .regex(INSTANT, "write a day, such as 2026-06-01, or a time, such as 2026-06-01T12:00:00Z")
  .refine((text) => !Number.isNaN(Date.parse(text)), "is no day of the calendar")
  .transform((text) => (text.includes("T") ? text : `${text}T00:00:00Z`));

const FORMATS = ["dat", "csv"] as const;
const formats = z
  .string()
  .default(FORMATS.join(","))
  .transform((text) => text.split(","))
  .pipe(z.array(z.enum(FORMATS, "write dat, csv, or both with a comma")).min(1));

/** `npm run export`: takes what was archived elsewhere, in the formats of review platforms. */
export const script = {
  name: "export",
  about:
    "Writes the delivered items of one account and time range to a folder: load files " +
    "(Concordance DAT, CSV), each item as an e-mail message, texts, media, what is proved to be " +
    "complete and what is missing, and the SHA-256 of every file. Reads the archive and changes " +
    "nothing. Ends with 0 only if everything in the range was written, byte for byte as " +
    "delivered. An interrupted export continues where it stopped.",
  options: z
    .object({
      job: option(z.string(), "ID", "the job, as the status page shows it"),
      from: option(instant, "TIME", "the first instant of the range (UTC)"),
      to: option(instant, "TIME", "the end of the range, not included (UTC)"),
      out: option(z.string(), "DIR", "a new folder"),
      formats: option(formats, "LIST", "load files to write"),
      natives: option(z.enum(["eml", "none"]).default("eml"), "KIND", "messages to write"),
      docPrefix: option(
        z
          .string()
          .regex(/^[A-Za-z0-9_-]{1,20}$/, "write up to 20 letters, digits, - or _")
          .default("X"),
        "TEXT",
        "what the number of each document begins with",
      ),
      raw: flag("X's stored answers as well"),
      ...archiveOptions,
    })
    .check(oneArchive),
  notes: ARCHIVE_NOTES,
};

type Options = z.output<typeof script.options>;

async function main(options: Options): Promise<void> {
  const { job: jobId, from: start, to: end, out, natives, raw, docPrefix: prefix } = options;
  if (start >= end) {
    throw new MendableError(`--from ${start} is not before --to ${end}`, "Exchange the two");
  }
  await using archive = await openArchive(options);
  const { store } = archive;
  const jobs = await jobsIn(store);
  if (!jobs.some((one) => one.jobId === jobId)) {
    const known = jobs.map((one) => `${one.jobId} (${one.title})`).join(", ");
    throw new MendableError(
      `The archive has no job ${jobId}`,
      known === "" ? "Name another archive" : `Name one that it has: ${known}`,
    );
  }
  const selection = {
    jobId,
    range: { start, end },
    formats: options.formats,
    natives: natives === "eml",
    raw,
    prefix,
  };
  const folder = await openFolder(out, JSON.stringify(selection));
  const step = createProgress({ stream: process.stderr }).step("Exporting items");
  const outcome = await exportJob(
    { store, folder, now: () => new Date(), report: (done) => step.update(done) },
    selection,
  );
  step.finish();
  const { items, files, differing, notExported } = outcome;
  process.stdout.write(
    summary(`Exported to ${out}`, [
      ["items", items],
      ["attachments", files],
      ["items whose bytes differ from those that were handed over", differing],
      ["items and media that are not in it (not-exported.csv)", notExported],
    ]),
  );
  process.exitCode = differing + notExported > 0 ? 1 : 0;
}

if (import.meta.main) {
  await runScript(script, main);
}
