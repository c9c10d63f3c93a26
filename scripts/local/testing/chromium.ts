import sparticuz from "@sparticuz/chromium";
import { type Browser, chromium } from "playwright-core";

/** Flags of a Chromium that draws without a screen, asks nobody for anything, and may run as root. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Chromium from npm, unpacked to the temporary folder once; each launch has an empty profile. The
 * package is for Linux: elsewhere the Chrome that is installed.
 */
export async function launchChromium(): Promise<Browser> {
  return process.platform === "linux"
    ? chromium.launch({ executablePath: await sparticuz.executablePath(), args: FLAGS })
    : chromium.launch({ channel: "chrome", args: FLAGS });
}
