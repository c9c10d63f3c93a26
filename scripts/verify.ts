import { z } from "zod";
import { runReported } from "./checks/report.ts";
import { ARCHIVE_NOTES, archiveOptions, oneArchive } from "./command-line/archive-options.ts";
import { flag } from "./command-line/options.ts";
import { runScript } from "./command-line/run-script.ts";
import { openArchive } from "./verify/open-archive.ts";
import { verify } from "./verify/verify.ts";

/** `npm run verify`: compares an archive's records with its content. */
export const script = {
  name: "verify",
  about:
    "Reads an archive, changes nothing, and reports every contradiction: covered intervals that " +
    "their stored pages do not prove; delivered items that cannot be derived again from their " +
    "stored page, byte for byte (SHA-256); media whose bytes differ from their record; posts of " +
    "an answered window that were neither delivered nor are queued. Ends with 0 only if there is " +
    "none.",
  options: z
    .object({
      ...archiveOptions,
      json: flag("the last line of standard output is one JSON object with every check"),
    })
    .check(oneArchive),
  notes: ARCHIVE_NOTES,
};

if (import.meta.main) {
  await runScript(script, async (options) => {
    await using opened = new AsyncDisposableStack();
    const open = async () => opened.use(await openArchive(options)).store;
    await runReported(options, (report) => verify(open, report));
  });
}
