import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions, type Plugin } from "esbuild";
import { type Zippable, zipSync } from "fflate";
import { z } from "zod";

export type Package = {
  /** SHA-256 of the bundle, hexadecimal. The running app tells the same at `/healthz`. */
  hash: string;
  zip: Uint8Array;
  /** SHA-256 of the zip, hexadecimal: what lies where the site fetches it must have the same. */
  zipHash: string;
  /** Bytes of the bundle within. */
  bundleBytes: number;
};

/** A name of its own for each content: App Service fetches a package again when its address changes. */
export function packageName({ hash }: Pick<Package, "hash">): string {
  return `app-${hash.slice(0, 16)}.zip`;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Made on Unix (3), a regular file that everybody may read: what unpacks it on Linux may else give no right to it. */
const READABLE = { os: 3, attrs: 0o100644 << 16 };
/** Zip knows no times before 1980. Local time: fflate writes local parts, and zip has no zone. */
const ZIP_TIME = new Date(1980, 0, 1);

/**
 * Bundles the app and packs it. Same source, same bytes: paths are relative, entries sorted, times
 * fixed; so that a package is deployed when the app changed, and only then.
 */
export async function buildPackage(): Promise<Package> {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")));
  const bundle = await bundleApp();
  const hash = sha256(bundle);
  const about = { name: "m365-twitter-connector-app", version, packageHash: hash, type: "module" };
  const files = {
    "package.json": [Buffer.from(`${JSON.stringify(about, undefined, 2)}\n`), READABLE],
    "server.js": [bundle, READABLE],
  } satisfies Zippable;
  const zip = zipSync(files, { mtime: ZIP_TIME, level: 9 });
  return { hash, zip, zipHash: sha256(zip), bundleBytes: bundle.byteLength };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const NOTHING = "data:text/javascript,export default undefined";

const BUNDLING = {
  absWorkingDir: ROOT,
  entryPoints: ["app/server.ts"],
  outfile: "server.js",
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  write: false,
  treeShaking: true,
  // The log's stack traces are led back to the source with `npm run trace`, from the map below: to
  // file and line, where names kept in the bundle (0.1 MB more) would only tell functions.
  minify: true,
  legalComments: "none",
  // esbuild would take CommonJS from packages that have both; of ES modules it leaves out more.
  mainFields: ["module", "main"],
  // @azure/storage-blob loads it only to list blobs in Arrow format, which the app does not do.
  external: ["apache-arrow"],
  // @azure/identity has them to open a browser, and to sign with a certificate. The site does neither,
  // and keeps its sources in memory.
  alias: { open: NOTHING, jsonwebtoken: NOTHING },
  // Packages in CommonJS call `require` for Node's own modules.
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
  logLevel: "warning",
} satisfies BuildOptions;

/** The app as one file. Plugins may change its source on the way: what must fail, is tested so. */
export async function bundleApp(plugins: Plugin[] = []): Promise<Uint8Array> {
  const { outputFiles } = await build({ ...BUNDLING, plugins });
  return onlyOf(outputFiles).contents;
}

/** Leads each place in the bundle back to one in the source. Not deployed: same source, same map. */
export async function mapBundle(): Promise<string> {
  const { outputFiles } = await build({
    ...BUNDLING,
    sourcemap: "external",
    sourcesContent: false,
  });
  return onlyOf(outputFiles.filter(({ path }) => path.endsWith(".map"))).text;
}

function onlyOf<T>([file]: T[]): T {
  if (!file) {
    throw new Error("esbuild wrote no bundle");
  }
  return file;
}
