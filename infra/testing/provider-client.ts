import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type plugins from "@pulumi/pulumi/proto/plugin_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { call, readStruct, toStruct } from "./grpc.ts";
import { isAsset, mapValues, type Properties } from "./property-values.ts";
import type { Diff, Live, UpdateOf } from "./stand-in.ts";

/** What an engine asks of a provider; resources go by their URN. */
export type Provider = {
  version(): Promise<string>;
  configure(): Promise<{ acceptsSecrets: boolean; supportsPreview: boolean }>;
  check(urn: string, inputs: Properties): Promise<Properties>;
  diff(urn: string, id: string, change: UpdateOf): Promise<Diff>;
  create(urn: string, inputs: Properties, preview?: boolean): Promise<Made>;
  update(urn: string, id: string, change: UpdateOf, preview?: boolean): Promise<Properties>;
  /** Without an id: the resource is gone. */
  read(urn: string, id: string, state: Live): Promise<Made & Live>;
  remove(urn: string, id: string): Promise<void>;
  invoke(token: string, inputs: Properties): Promise<Properties>;
  close(): void;
};

export type Made = { id: string; outputs: Properties };

/** Starts the plugin of a package as an engine does: its first line of output is its port. */
export async function startProvider(folder: string, name: string): Promise<Provider> {
  const child = spawn(join(folder, `pulumi-resource-${name}`), [], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const port = await new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the plugin ended at once (${code})`)));
    createInterface(child.stdout).once("line", resolve);
  });
  const credentials = grpc.credentials.createInsecure();
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials);
  const close = () => {
    client.close();
    child.kill();
  };
  return { ...speak(client), close };
}

function speak(client: ResourceProviderClient): Omit<Provider, "close"> {
  return {
    version: async () => {
      const none = new empty.Empty();
      const info = await call<plugins.PluginInfo>((done) => client.getPluginInfo(none, done));
      return info.getVersion();
    },
    configure: async () => {
      const request = new messages.ConfigureRequest().setAcceptsecrets(true);
      const answer = await call<messages.ConfigureResponse>((done) =>
        client.configure(request, done),
      );
      return {
        acceptsSecrets: answer.getAcceptsecrets(),
        supportsPreview: answer.getSupportspreview(),
      };
    },
    check: async (urn, inputs) => {
      const request = new messages.CheckRequest().setUrn(urn).setNews(toStruct(inputs));
      const answer = await call<messages.CheckResponse>((done) => client.check(request, done));
      return readStruct(answer.getInputs());
    },
    diff: async (urn, id, { oldInputs, oldOutputs, inputs }) => {
      const request = new messages.DiffRequest()
        .setUrn(urn)
        .setId(id)
        .setOldInputs(withoutContents(oldInputs))
        .setOlds(withoutContents(oldOutputs))
        .setNews(withoutContents(inputs));
      const answer = await call<messages.DiffResponse>((done) => client.diff(request, done));
      return {
        changes: answer.getDiffsList(),
        replaces: answer.getReplacesList(),
        deleteBeforeReplace: answer.getDeletebeforereplace(),
      };
    },
    create: async (urn, inputs, preview = false) => {
      const request = new messages.CreateRequest()
        .setUrn(urn)
        .setProperties(toStruct(inputs))
        .setPreview(preview);
      const answer = await call<messages.CreateResponse>((done) => client.create(request, done));
      return { id: answer.getId(), outputs: readStruct(answer.getProperties()) };
    },
    update: async (urn, id, { oldInputs, oldOutputs, inputs }, preview = false) => {
      const request = new messages.UpdateRequest()
        .setUrn(urn)
        .setId(id)
        .setOldInputs(withoutContents(oldInputs))
        .setOlds(withoutContents(oldOutputs))
        .setNews(toStruct(inputs))
        .setPreview(preview);
      const answer = await call<messages.UpdateResponse>((done) => client.update(request, done));
      return readStruct(answer.getProperties());
    },
    read: async (urn, id, state) => {
      const request = new messages.ReadRequest()
        .setUrn(urn)
        .setId(id)
        .setInputs(withoutContents(state.inputs))
        .setProperties(withoutContents(state.outputs));
      const answer = await call<messages.ReadResponse>((done) => client.read(request, done));
      const inputs = readStruct(answer.getInputs());
      return { id: answer.getId(), inputs, outputs: readStruct(answer.getProperties()) };
    },
    remove: async (urn, id) => {
      const request = new messages.DeleteRequest().setUrn(urn).setId(id);
      await call<empty.Empty>((done) => client.delete(request, done));
    },
    invoke: async (token, inputs) => {
      const request = new messages.InvokeRequest().setTok(token).setArgs(toStruct(inputs));
      const answer = await call<messages.InvokeResponse>((done) => client.invoke(request, done));
      return readStruct(answer.getReturn());
    },
  };
}

/** Of a file that is not to be made, the engine sends the hash (MarshalAsset of github.com/pulumi/pulumi, rpc.go). */
function withoutContents(values: Properties): Struct {
  return toStruct(
    mapValues(values, (value) => (isAsset(value) ? { ...value, path: undefined } : value)),
  );
}
