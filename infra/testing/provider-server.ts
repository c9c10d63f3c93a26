import * as grpc from "@grpc/grpc-js";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import plugins from "@pulumi/pulumi/proto/plugin_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { answer, listenGrpc, readStruct, toStruct } from "./grpc.ts";
import { foresee, foreseeCreate, type StandIn, type Subject } from "./stand-in.ts";

export type ProviderServer = { port: number; close(): void };

/**
 * Serves the stand-in by Pulumi's provider protocol. The SDK's own server (`provider.main`) does not do:
 * it knows no previews and hands no old inputs on, while the real providers have both.
 */
export async function serveProvider(standIn: StandIn, version: string): Promise<ProviderServer> {
  const server = new grpc.Server();
  server.addService(ResourceProviderService, createService(standIn, version));
  const port = await listenGrpc(server);
  return { port, close: () => server.forceShutdown() };
}

// Whatever is absent answers UNIMPLEMENTED, as the SDK's own server does.
function createService(standIn: StandIn, version: string) {
  return {
    getPluginInfo: answer(() => new plugins.PluginInfo().setVersion(version)),
    configure: answer(() =>
      new messages.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true),
    ),
    check: answer((request) => {
      standIn.check(subjectOf(request.getUrn()));
      return new messages.CheckResponse().setInputs(request.getNews());
    }),
    diff: answer((request) => {
      const oldInputs = readStruct(request.getOldInputs());
      const diff = standIn.diff(
        subjectOf(request.getUrn()),
        oldInputs,
        readStruct(request.getNews()),
      );
      const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
      return new messages.DiffResponse()
        .setChanges(diff.changes.length === 0 ? DIFF_NONE : DIFF_SOME)
        .setDiffsList(diff.changes)
        .setReplacesList(diff.replaces)
        .setDeletebeforereplace(diff.deleteBeforeReplace);
    }),
    create: answer(async (request) => {
      const inputs = readStruct(request.getProperties());
      const response = new messages.CreateResponse();
      if (request.getPreview()) {
        return response.setProperties(toStruct(foreseeCreate(inputs)));
      }
      const { id, outputs } = await standIn.create(subjectOf(request.getUrn()), inputs);
      return response.setId(id).setProperties(toStruct(outputs));
    }),
    read: answer((request) => {
      const inputs = readStruct(request.getInputs());
      const state = { inputs, outputs: readStruct(request.getProperties()) };
      const live = standIn.read(subjectOf(request.getUrn()), request.getId(), state);
      const response = new messages.ReadResponse();
      return live
        ? response
            .setId(request.getId())
            .setProperties(toStruct(live.outputs))
            .setInputs(toStruct(live.inputs))
        : response;
    }),
    update: answer(async (request) => {
      const oldInputs = readStruct(request.getOldInputs());
      const oldOutputs = readStruct(request.getOlds());
      const inputs = readStruct(request.getNews());
      const outputs = request.getPreview()
        ? foresee(oldInputs, oldOutputs, inputs)
        : await standIn.update(subjectOf(request.getUrn()), request.getId(), {
            oldInputs,
            oldOutputs,
            inputs,
          });
      return new messages.UpdateResponse().setProperties(toStruct(outputs));
    }),
    delete: answer(async (request) => {
      await standIn.remove(request.getId());
      return new empty.Empty();
    }),
    invoke: answer(async (request) => {
      const outputs = await standIn.invoke(request.getTok(), readStruct(request.getArgs()));
      return new messages.InvokeResponse().setReturn(toStruct(outputs));
    }),
    cancel: answer(() => new empty.Empty()),
  } satisfies Partial<IResourceProviderServer>;
}

/** Of `urn:pulumi:<stack>::<project>::<types of the parents>$<type>::<name>` */
function subjectOf(urn: string): Subject {
  const [, , types = "", name = ""] = urn.split("::");
  return { type: types.slice(types.lastIndexOf("$") + 1), name };
}
