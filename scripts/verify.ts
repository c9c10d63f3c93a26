import { z } from "zod";
import { runReported } from "./checks/report.ts";
import {
  flag,
  httpsAddress,
  oneOf,
  option,
  outputsOption,
  anyText,
} from "./command-line/options.ts";
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
      archive: option(
        httpsAddress("https://ACCOUNT.blob.core.windows.net").optional(),
        "URL",
        "the storage account's blobs (default: the stack's output archiveUrl)",
      ),
      outputs: outputsOption(),
      kept: anyText("DIR", 'what "npm run local -- --once --keep DIR" left behind'),
      json: flag("the last line of standard output is one JSON object with every check"),
    })
    .check(oneOf("archive", "outputs", "kept")),
  notes:
    "You are known by your az login (or by any other way of DefaultAzureCredential), and need the role\n" +
    "Storage Blob Data Reader on the account. With the network private-backend the archive can be read\n" +
    "from inside its virtual network only.",
};

if (import.meta.main) {
  await runScript(script, async (options) => {
    await using opened = new AsyncDisposableStack();
    const open = async () => opened.use(await openArchive(options)).store;
    await runReported(options, (report) => verify(open, report));
  });
}
