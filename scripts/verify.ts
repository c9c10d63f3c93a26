import { runReported } from "./checks/report.ts";
import { optionsOrExit } from "./command-line.ts";
import { openArchive } from "./verify/open-archive.ts";
import { HELP, parseOptions } from "./verify/options.ts";
import { verify } from "./verify/verify.ts";

/** `npm run verify`: holds what an archive says of itself against what lies in it. */
const options = optionsOrExit(parseOptions, HELP);
await using opened = new AsyncDisposableStack();
const open = async () => opened.use(await openArchive(options)).store;
await runReported(options, (report) => verify(open, report));
