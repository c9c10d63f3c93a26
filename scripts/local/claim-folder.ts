import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MendableError } from "../checks/check.ts";

/**
 * Claims a folder for this process, until it is disposed or the process is gone: two systems would
 * write over each other's state. @throws MendableError while another process has it.
 */
export async function claimFolder(folder: string): Promise<AsyncDisposable> {
  const file = join(folder, "in-use.pid");
  const claim = () => writeFile(file, String(process.pid), { flag: "wx" });
  try {
    await claim();
  } catch (error) {
    const owner = await readFile(file, "utf8").catch(() => undefined);
    if (owner === undefined) {
      throw error;
    }
    if (isAlive(Number(owner))) {
      throw new MendableError(
        `${folder} is in use by process ${owner}`,
        `Stop that one, or name another folder; if it is no run of this project, remove ${file}`,
        { cause: error },
      );
    }
    await rm(file, { force: true });
    await claim();
  }
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
