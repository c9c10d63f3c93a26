import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { buildPackage, mapBundle, packageName } from "../infra/package/build-package.ts";
import { runScript } from "./command-line/run-script.ts";

/** `npm run build`: the package that `pulumi up` would deploy, under its name there, and its source map. */
export const script = {
  name: "build",
  about:
    'Builds the package that "npm run up" would deploy, and its source map, into dist/. The same source ' +
    "gives the same bytes.",
  options: z.object({}),
};

if (import.meta.main) {
  await runScript(script, async () => {
    const dist = fileURLToPath(new URL("../dist/", import.meta.url));
    const started = performance.now();
    const built = await buildPackage();
    const { hash, zip, bundleBytes } = built;
    const name = packageName(built);
    mkdirSync(dist, { recursive: true });
    writeFileSync(`${dist}${name}`, zip);
    const seconds = ((performance.now() - started) / 1000).toFixed(2);
    console.log(
      `dist/${name}: ${kilobytes(zip.byteLength)} (bundle ${kilobytes(bundleBytes)}), built in ${seconds} s`,
    );
    console.log(`package hash ${hash}`);
    writeFileSync(`${dist}server.js.map`, await mapBundle());
  });
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(0)} kB`;
}
