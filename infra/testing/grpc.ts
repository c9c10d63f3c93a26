import * as grpc from "@grpc/grpc-js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { z } from "zod";
import type { Properties } from "./property-values.ts";

/** Listens on a free port of 127.0.0.1; resolves to the port. */
export async function listenGrpc(server: grpc.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

export function answer<Request, Response>(
  work: (request: Request) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return ({ request }, callback) => {
    const respond = async () => {
      try {
        callback(null, await work(request));
      } catch (error) {
        const details = error instanceof Error ? error.message : String(error);
        callback({ code: grpc.status.UNKNOWN, details });
      }
    };
    void respond();
  };
}

export function readStruct(struct: structs.Struct | undefined): Properties {
  return struct?.toJavaScript() ?? {};
}

export function toStruct(properties: Properties): structs.Struct {
  // Undefined members do not travel.
  const plain = z.record(z.string(), z.json()).parse(JSON.parse(JSON.stringify(properties)));
  return structs.Struct.fromJavaScript(plain);
}
