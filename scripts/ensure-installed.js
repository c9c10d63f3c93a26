// Runs before `npm run local`, `npm test` and the others, on whatever Node the machine has, before
// anything is installed: plain JavaScript, no dependencies.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const installed = "node_modules/.package-lock.json";

if (!matchesLockFile()) {
  process.stderr.write("Installing the packages of package-lock.json (npm ci) ...\n");
  const { status } = spawnSync("npm", ["ci", "--loglevel=error"], {
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (status !== 0) {
    process.stderr.write("npm ci failed. Run `npm ci` yourself to see why, then try again.\n");
    process.exit(1);
  }
}

function matchesLockFile() {
  const wanted = readPackages("package-lock.json");
  const present = readPackages(installed);
  if (!wanted || !present) {
    return false;
  }
  return Object.entries(wanted).every(
    ([path, { version, optional, devOptional }]) =>
      path === "" || optional || devOptional || present[path]?.version === version,
  );
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}
