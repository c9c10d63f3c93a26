import { join } from "node:path";
import { startLocalAzure } from "../../scripts/local/azure/resource-manager.ts";
import { createCertificate } from "../../scripts/local/certificate.ts";
import type { Closable, ResourceManager } from "../../scripts/local/contracts.ts";
import { startEntra } from "../../scripts/local/entra/entra.ts";
import { installPlugins } from "./plugins.ts";
import { createStandIn, type StandIn } from "./stand-in.ts";

export const TENANT = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";

export type StartedStandIn = Closable & {
  standIn: StandIn;
  /** The other way to what was made: through the portal, as it were. */
  manager: ResourceManager;
  /** Holds the plugins' executables. */
  plugins: string;
};

/** Starts an empty local Azure, and stand-ins for the providers that manage it. */
export async function startStandIn(directory: string): Promise<StartedStandIn> {
  const certificate = await createCertificate(directory);
  const entra = await startEntra({ certificate, tenantId: TENANT });
  const azure = await startLocalAzure({ certificate, entra, directory });
  const standIn = createStandIn(azure);
  const plugins = await installPlugins(join(directory, "plugins"), standIn);
  return {
    standIn,
    manager: azure.manager,
    plugins: plugins.folder,
    close: async () => {
      plugins.close();
      await azure.close();
      await entra.close();
    },
  };
}
