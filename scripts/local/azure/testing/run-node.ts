import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Runs a TypeScript file in a process of its own; resolves to the JSON that it prints. */
export async function runNode(
  file: string,
  parameters: string[],
  env: Record<string, string>,
): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...parameters], { env });
  return JSON.parse(stdout);
}
