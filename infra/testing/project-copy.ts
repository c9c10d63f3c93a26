import { cp, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Copies what a deployment needs, so that it can be changed, and is where stack files may be written. */
export async function copyProject(folder: string): Promise<void> {
  for (const part of ["Pulumi.yaml", "package.json", "infra", "app"]) {
    await cp(join(ROOT, part), join(folder, part), { recursive: true });
  }
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
}
