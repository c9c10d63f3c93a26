import { setTimeout as sleep } from "node:timers/promises";
import type { TokenCredential } from "@azure/identity";
import type { Package } from "../../infra/package/build-package.ts";
import { MendableError } from "../checks/check.ts";
import { explainNetwork } from "../site/explain-network.ts";
import type { Site } from "../site/site.ts";
import type { StackOutputs } from "../stack/outputs.ts";

export type Push = {
  outputs: Pick<StackOutputs, "packageHash" | "publishUrl">;
  build: () => Promise<Package>;
  credential: TokenCredential;
  site: Pick<Site, "health">;
  /** How long the site may take to start the package; 0: do not check. */
  waitMs: number;
  send?: typeof fetch;
};

/** App Service's publishing endpoint accepts Entra tokens for Azure Resource Manager. */
const SCOPE = "https://management.azure.com/.default";
/** The endpoint answers when the package is in place. */
const PUBLISH_MS = 10 * 60_000;
const POLL_MS = 2000;

/**
 * Publishes the package to the site's own endpoint, unless the site already runs it.
 * @returns what was done, in a sentence. @throws MendableError where the site does not run it in the end.
 */
export async function pushPackage(push: Push): Promise<string> {
  const { outputs, build, site, waitMs } = push;
  const { publishUrl, packageHash } = outputs;
  if (publishUrl === null || publishUrl === undefined) {
    return "The site fetches the package by itself (packageDelivery url).";
  }
  const built = await build();
  if (built.hash !== packageHash) {
    throw new MendableError(
      `The source here makes package ${short(built.hash)}, and the stack was deployed with ${short(packageHash)}`,
      "Deploy what is here: npm run up",
    );
  }
  if (waitMs > 0 && (await runningHash(site)) === packageHash) {
    return `The site runs package ${short(packageHash)} already.`;
  }
  await publish(built, push, new URL(publishUrl));
  if (waitMs > 0) {
    await waitForPackage(push);
  }
  return `Package ${short(packageHash)} was brought to the site.`;
}

async function publish(
  { zip }: Package,
  { credential, send = fetch }: Push,
  url: URL,
): Promise<void> {
  const token = await credential.getToken(SCOPE).catch((cause: unknown) => {
    throw new MendableError("Entra gives no token to publish with", "az login", { cause });
  });
  const answer = await send(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token?.token ?? ""}`, "content-type": "application/zip" },
    body: Buffer.from(zip),
    redirect: "error",
    signal: AbortSignal.timeout(PUBLISH_MS),
  }).catch((error: unknown) => {
    throw explainNetwork(error, url);
  });
  await answer.body?.cancel();
  if (!answer.ok) {
    throw new MendableError(
      `${url.host} answered the package with ${answer.status}`,
      REMEDIES[answer.status] ??
        "Try again: npm run push. Or have the site fetch the package: pulumi config set packageDelivery url, npm run up",
    );
  }
}

const REMEDIES: Record<number, string> = {
  401: "az login, in the tenant of the subscription",
  403: "Whoever pushes needs the role Website Contributor on the site, and the site's scm access restrictions have to let this machine in: npm run up opens them",
  409: "The site runs from an address: pulumi config set packageDelivery push, npm run up",
};

async function waitForPackage({ outputs, site, waitMs }: Push): Promise<void> {
  const deadline = Date.now() + waitMs;
  while ((await runningHash(site)) !== outputs.packageHash) {
    if (Date.now() > deadline) {
      throw new MendableError(
        `The package was taken, and the site does not run it after ${waitMs / 1000} s`,
        "Restart the site and look at its log; then npm run push again",
      );
    }
    await sleep(POLL_MS);
  }
}

/** Undefined while the site does not answer, as before its first package. */
async function runningHash(site: Push["site"]): Promise<string | undefined> {
  return site.health().then(
    ({ packageHash }) => packageHash,
    () => undefined,
  );
}

function short(hash: string): string {
  return hash.slice(0, 16);
}
