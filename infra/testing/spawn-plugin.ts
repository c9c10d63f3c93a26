import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb.js";

export type Plugin = { client: ResourceProviderClient; close(): void };

/** Starts a plugin as an engine does: its first line of output is the port of its service. */
export async function spawnPlugin(folder: string, name: string): Promise<Plugin> {
  const child = spawn(join(folder, `pulumi-resource-${name}`), [], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const port = await new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the plugin ended at once (${code})`)));
    createInterface(child.stdout).once("line", resolve);
  });
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  return {
    client,
    close: () => {
      client.close();
      child.kill();
    },
  };
}
