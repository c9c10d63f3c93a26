// `node scripts/run.js NAME …` starts scripts/NAME.ts, or the tool NAME of the installed packages, under
// Node 24. It runs on whatever Node the machine has, before anything is installed: plain JavaScript,
// no dependencies.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const LEAST = 20;
const WANTED = 24;
const MEGABYTES = 1050;
const TELL_EVERY_MS = 15_000;
const SHOWN = 5;
/** So that a person's own npm settings, or NODE_ENV=production, leave nothing out and refuse nothing. */
const WHATEVER_IS_SET = ["--include=dev", "--include=optional", "--engine-strict=false"];
const QUIETLY = ["--loglevel=error", "--no-progress"];

const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");
/** npm's own note of what it has installed. */
const note = join(modules, ".package-lock.json");
const isWindows = process.platform === "win32";
const own = Number(process.versions.node.split(".")[0]);

const [name = "", ...parameters] = process.argv.slice(2);
if (own < LEAST) {
  fail(
    `Node ${process.versions.node} is too old to start with: install Node ${LEAST} or newer from ` +
      `https://nodejs.org. It brings Node ${WANTED} for this project by itself.`,
  );
}
await installMissing();
start(findNode());

function start(node) {
  const script = join(root, "scripts", `${name}.ts`);
  const path = [dirname(node), join(modules, ".bin"), process.env.PATH ?? ""].join(delimiter);
  const env = { ...process.env, PATH: path };
  const child = existsSync(script)
    ? spawn(node, [script, ...parameters], { stdio: "inherit", env })
    : spawn(name, parameters, { stdio: "inherit", env, shell: isWindows });
  child.on("error", (error) => fail(`${name} cannot be started: ${error.message}`));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    // A terminal sends Ctrl-C to the child itself, which would take a second one for impatience.
    const isTold = signal === "SIGINT" && process.stdin.isTTY;
    process.on(signal, () => isTold || child.kill(signal));
  }
  child.on("exit", (code, signal) => {
    if (signal === null) {
      process.exit(code);
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** Node 24 of the package `node`, whose install script some machines are set not to run (ignore-scripts). */
function findNode() {
  const node = join(modules, "node", "bin", isWindows ? "node.exe" : "node");
  if (existsSync(node)) {
    return requirePublished(node);
  }
  if (own >= WANTED) {
    return process.execPath;
  }
  say(`Fetching Node ${WANTED} (about 60 MB) ...`);
  const cwd = join(modules, "node");
  const { status } = spawnSync(process.execPath, ["installArchSpecificPackage"], {
    cwd,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0 || !existsSync(node)) {
    fail(`Node ${WANTED} could not be fetched: see above, or install it from https://nodejs.org.`);
  }
  return requirePublished(node);
}

/** The binary comes by an install script, outside of what package-lock.json vouches for. */
function requirePublished(node) {
  const { version = "" } =
    readPackages(join(root, "package-lock.json"))?.["node_modules/node"] ?? {};
  const hashes = JSON.parse(readFileSync(join(root, "scripts", "node-hashes.json"), "utf8"));
  const wanted = hashes[version]?.[`${process.platform}-${process.arch}`];
  const found = wanted && createHash("sha256").update(readFileSync(node)).digest("hex");
  if (found !== wanted) {
    const where = relative(root, node).replaceAll("\\", "/");
    fail(
      `${where} is not the Node that was published as ${version} (SHA-256 ${found}, must be ${wanted}): ` +
        "delete node_modules, see where it came from, and try again.",
    );
  }
  return node;
}

async function installMissing() {
  const wanted = Object.entries(readPackages(join(root, "package-lock.json")) ?? {}).filter(
    ([path, { optional, devOptional }]) => path !== "" && !optional && !devOptional,
  );
  const present = readPackages(note) ?? {};
  const missing = wanted.filter(([path, { version }]) => present[path]?.version !== version);
  if (missing.length === 0) {
    return;
  }
  const isFresh = !existsSync(note);
  say(
    isFresh
      ? `Installing the packages of package-lock.json: ${MEGABYTES} MB, one to five minutes ...`
      : `Installing what is new in package-lock.json: ${describe(missing)} ...`,
  );
  // It is written last: an installation that is broken off is begun again.
  rmSync(note, { force: true });
  const command = isFresh ? ["ci"] : ["install", "--no-save"];
  const status = await runNpm([...command, ...WHATEVER_IS_SET, ...QUIETLY], wanted);
  if (status !== 0) {
    fail(`npm ${command.join(" ")} failed: see above; mend that, and try again.`);
  }
}

function describe(missing) {
  const names = missing.map(([path]) => path.replace(/^.*node_modules\//, ""));
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
  return `${names.slice(0, SHOWN).join(", ")}${more}`;
}

function runNpm(args, wanted) {
  const begun = Date.now();
  const tell = () => {
    const seconds = Math.round((Date.now() - begun) / 1000);
    const there = wanted.filter(([path]) => existsSync(join(root, path, "package.json"))).length;
    say(`... ${seconds} s: ${there} of ${wanted.length} packages`);
  };
  const telling = setInterval(tell, TELL_EVERY_MS);
  return new Promise((resolve) => {
    const stdio = ["ignore", "ignore", "inherit"];
    const child = spawn("npm", args, { cwd: root, stdio, shell: isWindows });
    child.on("error", ({ message }) => fail(`npm cannot be started: ${message}`));
    child.on("exit", (code) => {
      clearInterval(telling);
      if (code === 0) {
        tell();
      }
      resolve(code);
    });
  });
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

function fail(line) {
  say(line);
  process.exit(1);
}
