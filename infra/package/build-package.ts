import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions, type Plugin } from "esbuild";
import { type Zippable, zipSync } from "fflate";
import { z } from "zod";

export type Package = {
  /** SHA-256 of the bundle, hexadecimal; the running app shows it at `/healthz`. */
  hash: string;
  zip: Uint8Array;
  /** SHA-256 of the zip, hexadecimal; the uploaded blob must have the same. */
  zipHash: string;
  /** Size of the bundle in bytes. */
  bundleBytes: number;
};

/** Contains the hash: App Service fetches a package again only when its address changes. */
export function packageName({ hash }: Pick<Package, "hash">): string {
  return `app-${hash.slice(0, 16)}.zip`;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Regular file, readable by everybody, made on Unix (3): otherwise unpacking on Linux may leave it unreadable. */
const READABLE = { os: 3, attrs: 0o100644 << 16 };
/** Earliest time in a zip. Local time, because fflate writes local parts and zip has no time zone. */
const ZIP_TIME = new Date(1980, 0, 1);

/**
 * Bundles and zips the app. The same source gives the same bytes (relative paths, sorted entries, fixed
 * times), so a deployment happens only when the app has changed.
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
  // `npm run trace` maps stack traces to file and line. Keeping names in the bundle would cost 0.1 MB
  // and show function names only.
  minify: true,
  legalComments: "none",
  // ES modules first: esbuild removes more unused code from them than from CommonJS.
  mainFields: ["module", "main"],
  // @azure/storage-blob needs it only to list blobs in Arrow format, which the app does not do.
  external: ["apache-arrow"],
  // @azure/identity needs them to open a browser and to sign with a certificate; the site does
  // neither.
  alias: { open: NOTHING, jsonwebtoken: NOTHING },
  // CommonJS packages call `require` for Node's built-in modules.
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
  logLevel: "warning",
} satisfies BuildOptions;

/** The app as one file. Tests use plugins to change the source and prove that checks fail then. */
export async function bundleApp(plugins: Plugin[] = []): Promise<Uint8Array> {
  const { outputFiles } = await build({ ...BUNDLING, plugins });
  return onlyOf(outputFiles).contents;
}

/** Source map of the bundle. Not deployed, because the same source gives the same map. */
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
