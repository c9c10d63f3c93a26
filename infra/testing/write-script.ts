import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Writes an executable script of the shell. @returns `file`. */
export async function writeScript(file: string, text: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return file;
}
