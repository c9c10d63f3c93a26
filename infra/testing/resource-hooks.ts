import * as grpc from "@grpc/grpc-js";
import { CallbacksClient } from "@pulumi/pulumi/proto/callback_grpc_pb.js";
import callbacks from "@pulumi/pulumi/proto/callback_pb.js";
import messages from "@pulumi/pulumi/proto/resource_pb.js";
import { call } from "./grpc.ts";

/** What a program wants to be called for, by the hook's name. */
export type Hooks = Map<string, { callback: callbacks.Callback; onDryRun: boolean }>;

export type Moment = "beforeCreate" | "afterCreate" | "beforeUpdate";

/** Calls the program back, as the engine does (RunHooks of github.com/pulumi/pulumi, deployment.go). */
export async function runHooks(
  hooks: Hooks,
  request: messages.RegisterResourceRequest,
  { moment, isPreview }: { moment: Moment; isPreview: boolean },
): Promise<void> {
  const binding = request.getHooks();
  const names = {
    beforeCreate: binding?.getBeforeCreateList(),
    afterCreate: binding?.getAfterCreateList(),
    beforeUpdate: binding?.getBeforeUpdateList(),
  }[moment];
  for (const name of names ?? []) {
    const hook = hooks.get(name);
    if (!hook) {
      throw new Error(`the hook ${name} is not registered`);
    }
    if (hook.onDryRun || !isPreview) {
      await invoke(hook.callback, request);
    }
  }
}

async function invoke(
  hook: callbacks.Callback,
  request: messages.RegisterResourceRequest,
): Promise<void> {
  const client = new CallbacksClient(hook.getTarget(), grpc.credentials.createInsecure());
  const about = new messages.ResourceHookRequest()
    .setName(request.getName())
    .setType(request.getType());
  const asked = new callbacks.CallbackInvokeRequest()
    .setToken(hook.getToken())
    .setRequest(about.serializeBinary());
  try {
    const answer = await call<callbacks.CallbackInvokeResponse>((done) =>
      client.invoke(asked, done),
    );
    const error = messages.ResourceHookResponse.deserializeBinary(
      answer.getResponse_asU8(),
    ).getError();
    if (error !== "") {
      throw new Error(error);
    }
  } finally {
    client.close();
  }
}
