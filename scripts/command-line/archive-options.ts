import { anyText, httpsAddress, oneOf, option, outputsOption } from "./options.ts";

/** How scripts that read an archive are told which one, in one wording. */
export const archiveOptions = {
  archive: option(
    httpsAddress("https://ACCOUNT.blob.core.windows.net").optional(),
    "URL",
    "the storage account's blobs (default: the stack's output archiveUrl)",
  ),
  outputs: outputsOption(),
  kept: anyText("DIR", 'what "npm run local -- --once --keep DIR" left behind'),
};

/** Refuses more than one of them. */
export const oneArchive = oneOf<{ [key in keyof typeof archiveOptions]?: unknown }>(
  "archive",
  "outputs",
  "kept",
);

export const ARCHIVE_NOTES =
  "You are known by your az login (or by any other way of DefaultAzureCredential), and need the role\n" +
  "Storage Blob Data Reader on the account. With the network private-backend the archive can be read\n" +
  "from inside its virtual network only.";
