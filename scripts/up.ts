import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { deploy, type Start } from "./up/deploy.ts";

/** `npm run up`: takes the options of `pulumi up`. */
if (import.meta.main) {
  process.exitCode = await deploy(process.argv.slice(2), startHere);
}

/** In the same terminal, which the CLI asks its questions in. */
function startHere(...[[file = "", ...words], env]: Parameters<Start>): Promise<number> {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  const child = spawn(process.execPath, [path, ...words], {
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  const handOn = (signal: NodeJS.Signals) => {
    // A terminal sends Ctrl-C to the child itself; a second one makes Pulumi stop at once.
    if (signal !== "SIGINT" || !process.stdin.isTTY) {
      child.kill(signal);
    }
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  signals.forEach((signal) => process.on(signal, handOn));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      signals.forEach((signal) => process.off(signal, handOn));
      resolve(code ?? 1);
    });
  });
}
