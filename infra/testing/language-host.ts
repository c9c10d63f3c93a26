import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import * as grpc from "@grpc/grpc-js";
import * as pulumi from "@pulumi/pulumi";
import { isGrpcError } from "@pulumi/pulumi/errors.js";
import about from "@pulumi/pulumi/package.json" with { type: "json" };
import type { ILanguageRuntimeServer } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/language_pb.js";
import plugins from "@pulumi/pulumi/proto/plugin_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { answer, listenGrpc } from "./grpc.ts";

// Evaluates programs for an engine whose CLI came without Pulumi's language host for Node, and says on which port.
// Pulumi's own starts a process for each evaluation. This one evaluates a program as the SDK does for programs within
// a process (@pulumi/pulumi, automation/server.js), and so loads the program's packages once. An evaluation that
// fails is its last, for what that leaves behind in the SDK: whoever started it starts another.

const server = new grpc.Server();
server.addService(LanguageRuntimeService, {
  getPluginInfo: answer(() => new plugins.PluginInfo().setVersion(about.version)),
  // None: the engine would look for plugins other than the tests' own.
  getRequiredPackages: answer(() => new messages.GetRequiredPackagesResponse()),
  run: answer(run),
  cancel: answer(() => new empty.Empty()),
} satisfies Partial<ILanguageRuntimeServer>);

let runs = 0;
let failed = false;
const told: Promise<void>[] = [];
process.on("uncaughtException", tell);
process.on("unhandledRejection", tell);

async function run(request: messages.RunRequest): Promise<messages.RunResponse> {
  const info = request.getInfo();
  const folder = info?.getProgramDirectory() ?? "";
  // An engine that was told of a host sends its own address this way.
  const [engine = ""] = request.getArgsList();
  pulumi.runtime.resetOptions(
    request.getProject(),
    request.getStack(),
    request.getParallel(),
    engine,
    request.getMonitorAddress(),
    request.getDryrun(),
    request.getOrganization(),
  );
  const config = Object.fromEntries(request.getConfigMap().entries());
  const secretKeys = request.getConfigsecretkeysList();
  pulumi.runtime.setAllConfig(config, secretKeys);
  // Which are secret, the SDK tells a program nowhere else.
  process.env["PULUMI_CONFIG_SECRET_KEYS"] = JSON.stringify(secretKeys);
  process.chdir(folder);
  // The address differs, so that Node evaluates the module again.
  const program = pathToFileURL(join(folder, info?.getEntryPoint() ?? ""));
  program.search = String((runs += 1));
  await pulumi.runtime
    .runInPulumiStack(async (): Promise<unknown> => import(program.href))
    .catch(tell);
  await Promise.all(told);
  await pulumi.runtime.disconnect(!failed);
  return new messages.RunResponse().setBail(failed);
}

/** Tells the engine of an error; of those that come of the engine's own end, it knows. */
function tell(error: unknown): void {
  failed = true;
  if (!(error instanceof Error && isGrpcError(error))) {
    told.push(pulumi.log.error(inspect(error)));
  }
}

// It ends with whoever started it.
process.stdin.on("close", () => process.exit()).resume();
process.stdout.write(`${await listenGrpc(server)}\n`);
