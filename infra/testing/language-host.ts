import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import * as grpc from "@grpc/grpc-js";
import type { ILanguageRuntimeServer } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/language_pb.js";
import plugins from "@pulumi/pulumi/proto/plugin_pb.js";
import about from "@pulumi/pulumi/package.json" with { type: "json" };
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { answer, listenGrpc } from "./grpc.ts";

export type LanguageHost = { port: number; close(): void };

/** The SDK's own entry for programs: what Pulumi's language host starts, too. */
const RUN = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run");
/** How that ends after an error that it has told the engine of. */
const ERROR_WAS_TOLD = 32;

/**
 * Starts programs for an engine whose CLI came without Pulumi's language host for Node, as that one does
 * (github.com/pulumi/pulumi, sdk/nodejs/cmd/pulumi-language-nodejs). `show` is given what they print.
 */
export async function serveLanguageHost(
  env: Record<string, string>,
  show: (text: string) => void,
): Promise<LanguageHost> {
  const server = new grpc.Server();
  server.addService(LanguageRuntimeService, {
    getPluginInfo: answer(() => new plugins.PluginInfo().setVersion(about.version)),
    // None: the engine would look for a newer plugin than the tests' own.
    getRequiredPackages: answer(() => new messages.GetRequiredPackagesResponse()),
    run: answer(async (request) => responseTo(await runProgram(request, env, show))),
    cancel: answer(() => new empty.Empty()),
  } satisfies Partial<ILanguageRuntimeServer>);
  const port = await listenGrpc(server);
  return { port, close: () => server.forceShutdown() };
}

async function runProgram(
  request: messages.RunRequest,
  env: Record<string, string>,
  show: (text: string) => void,
): Promise<number | null> {
  const info = request.getInfo();
  const [cwd, root] = [info?.getProgramDirectory(), info?.getRootDirectory()];
  // An engine that was told of a host sends its own address this way.
  const [engine = ""] = request.getArgsList();
  const options = {
    "--monitor": request.getMonitorAddress(),
    "--engine": engine,
    "--project": request.getProject(),
    "--stack": request.getStack(),
    "--organization": request.getOrganization(),
    "--root-directory": root ?? "",
    "--pwd": cwd ?? "",
    "--parallel": String(request.getParallel()),
  };
  const isPreview = request.getDryrun() ? ["--dry-run"] : [];
  const parameters = [RUN, ...Object.entries(options).flat(), ...isPreview];
  const child = spawn(process.execPath, [...parameters, info?.getEntryPoint() ?? "."], {
    cwd,
    env: {
      ...env,
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().entries())),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.on("data", (chunk: Buffer) => show(chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => show(chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
}

function responseTo(code: number | null): messages.RunResponse {
  const response = new messages.RunResponse().setBail(code === ERROR_WAS_TOLD);
  return code === 0 || code === ERROR_WAS_TOLD
    ? response
    : response.setError(`the program ended with ${code}`);
}
