import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { bundleApp } from "../../infra/package/build-package.ts";

/** A change of one of the app's source files, named from the project's root. */
export type Rewrite = {
  file: string;
  /** Must be in the file exactly once. */
  pattern: RegExp;
  replacement: string;
};

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The app's bundle, of a source that is rewritten on the way; the files stay as they are. */
export async function bundleRewritten(rewrites: readonly Rewrite[]): Promise<Uint8Array> {
  const sources = new Map<string, string>();
  for (const rewrite of rewrites) {
    const path = `${ROOT}${rewrite.file}`;
    sources.set(path, rewriteSource(sources.get(path) ?? (await readFile(path, "utf8")), rewrite));
  }
  const missing = new Set(sources.keys());
  const bundle = await bundleApp([
    {
      name: "rewrites",
      setup(bundling) {
        bundling.onLoad({ filter: /\/app\/.*\.ts$/ }, ({ path }) => {
          missing.delete(path);
          const contents = sources.get(path);
          return contents === undefined ? undefined : { contents, loader: "ts" };
        });
      },
    },
  ]);
  if (missing.size > 0) {
    throw new Error(`Not part of the app: ${[...missing].join(", ")}`);
  }
  return bundle;
}

/** Throws where the app has changed so that the pattern has lost its place. */
export function rewriteSource(source: string, { file, pattern, replacement }: Rewrite): string {
  const { length } = [...source.matchAll(new RegExp(pattern, "g"))];
  if (length !== 1) {
    throw new Error(`${pattern} occurs ${length} times in ${file}: adapt the rewrite to it`);
  }
  return source.replace(pattern, replacement);
}
