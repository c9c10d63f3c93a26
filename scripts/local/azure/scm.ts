import { createServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

import { unzipSync } from "fflate";

import { closeServer, listen } from "../listen.ts";
import type { Scm, World } from "./world.ts";

export type ScmWorld = Pick<World, "assignments" | "certificate" | "tenantId"> & {
  entra: Pick<World["entra"], "verify">;
  sites: Pick<World["sites"][number], "id" | "isScmOpen" | "settings">[];
};

const MANAGEMENT = /^https:\/\/management\.(?:azure\.com|core\.windows\.net)\/?$/;
const WEBSITE_CONTRIBUTOR = "de139f84-1756-47ae-9be6-808fbbe84772";
const ZIP_TYPE = /^application\/(?:zip|octet-stream)$/;

/**
 * `POST /api/publish?type=zip` as App Service answers it
 * (learn.microsoft.com/azure/app-service/deploy-zip, configure-basic-auth-disable): while the scm site
 * is closed 403 whoever asks; Basic 401, because basic publishing credentials are off; a token is one for Azure's
 * resource manager, of somebody who may write the site; a site that runs from an address takes nothing.
 */
export async function startScm(world: ScmWorld, siteId: string): Promise<Scm> {
  let published: Uint8Array | undefined;
  const { key, cert } = world.certificate;
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const site = world.sites.find(({ id }) => id === siteId);
    if (!site || !site.isScmOpen) {
      return [403, "Ip Forbidden"];
    }
    const refusal = await refuseCaller(world, siteId, request.headers.authorization);
    if (refusal) {
      return refusal;
    }
    const { pathname, searchParams } = new URL(request.url ?? "/", "https://scm");
    if (request.method !== "POST" || pathname !== "/api/publish") {
      return [404, "Not Found"];
    }
    const source = site.settings.find(({ name }) => name === "WEBSITE_RUN_FROM_PACKAGE")?.value;
    if (source !== "1") {
      return [
        409,
        "Run-From-Zip is set to a remote URL using WEBSITE_RUN_FROM_PACKAGE app setting.",
      ];
    }
    if (
      searchParams.get("type") !== "zip" ||
      !ZIP_TYPE.test(request.headers["content-type"] ?? "")
    ) {
      return [400, "type=zip is needed, and a body of that kind"];
    }
    const zip = await buffer(request);
    if (!isZip(zip)) {
      return [400, "The body is no zip file"];
    }
    published = zip;
    return [200, ""];
  };
  const server = createServer({ key, cert }, (request, response) => {
    answer(request).then(
      (said) => send(response, said),
      () => response.destroy(),
    );
  });
  const host = `127.0.0.1:${await listen(server)}`;
  return { host, package: () => published, close: async () => closeServer(server) };
}

type Answer = [status: number, text: string];

async function refuseCaller(
  world: ScmWorld,
  siteId: string,
  authorization = "",
): Promise<Answer | undefined> {
  const token = /^Bearer (\S+)$/.exec(authorization)?.[1];
  const claims =
    token === undefined ? undefined : await world.entra.verify(token).catch(() => undefined);
  if (!claims || claims["tid"] !== world.tenantId || !MANAGEMENT.test(String(claims["aud"]))) {
    return [401, "Unauthorized"];
  }
  const mayWrite = world.assignments.some(
    ({ principalId, roleId, scope }) =>
      principalId === claims["oid"] &&
      roleId === WEBSITE_CONTRIBUTOR &&
      siteId.toLowerCase().startsWith(scope.toLowerCase()),
  );
  return mayWrite ? undefined : [403, "The caller may not write the site"];
}

function isZip(bytes: Uint8Array): boolean {
  try {
    return Object.keys(unzipSync(bytes)).length > 0;
  } catch {
    return false;
  }
}

function send(response: ServerResponse, [status, text]: Answer): void {
  response.writeHead(status, { "content-type": "text/plain" }).end(text);
}
