import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { serveProvider } from "./provider-server.ts";
import type { StandIn } from "./stand-in.ts";
import { writeScript } from "./write-script.ts";

/** Packages whose resources the program makes. */
const PACKAGES = ["azure-native", "azuread", "random"];

export type Plugins = {
  /** To be put first on PATH: it holds an executable for each package. */
  folder: string;
  close(): void;
};

/**
 * Puts executables into the folder that an engine takes for the providers' plugins. Each says where
 * this process serves the stand-in, and stays; so that what one command made is there for the next.
 */
export async function installPlugins(folder: string, standIn: StandIn): Promise<Plugins> {
  const servers = await Promise.all(
    PACKAGES.map(async (name) => {
      const server = await serveProvider(standIn, versionOf(name));
      const file = join(folder, `pulumi-resource-${name}`);
      await writeScript(file, `echo ${server.port}\nexec sleep 86400`);
      return server;
    }),
  );
  return { folder, close: () => servers.forEach((server) => server.close()) };
}

/** The engine warns where a plugin is older than the package of the program. */
function versionOf(name: string): string {
  const file = new URL(`../../node_modules/@pulumi/${name}/package.json`, import.meta.url);
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, "utf8"))).version;
}
