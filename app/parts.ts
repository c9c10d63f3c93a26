import type { Hono } from "hono";
import type { JWTVerifyGetKey } from "jose";
import { createApp } from "./app.ts";
import { createAuthenticate } from "./import-service/authenticate.ts";
import { checkReadiness, type Checked } from "./import-service/readiness.ts";
import type { PortalDeps } from "./import-service/routes.ts";
import type { Settings } from "./settings.ts";
import { createSessions } from "./sign-in/session.ts";
import type { SignInDeps } from "./sign-in/routes.ts";
import { readHealth } from "./status/health.ts";
import { type ScheduleDeps, startSchedule } from "./worker/capture-schedule.ts";
import type { Worker } from "./worker/worker.ts";

/** What the app's routes are made of, in the process (server.ts) and in tests over memory. */
export type AppParts = Omit<Checked, "worker"> &
  Pick<PortalDeps, "sealer" | "queue"> &
  Pick<SignInDeps, "fetchMedia"> &
  Pick<ScheduleDeps, "captureIntervalMs"> & {
    settings: Settings;
    worker: Pick<Worker, "isAlive" | "troubles" | "wake">;
    /** With which Entra signs the platform's tokens. */
    keys: JWTVerifyGetKey;
    /** Origin of the connector's public address, `https://…`. */
    publicOrigin: string;
    version: string;
    packageHash: string;
  };

/** Puts the app together: what each wing of routes needs, out of the parts. */
export function assembleApp(parts: AppParts): Hono {
  const { settings, store, sealer, twitter, worker, log, now } = parts;
  const apiSecretKey = settings.API_SECRET_KEY;
  const shared = { store, sealer, twitter, log, now };
  const sessions = createSessions({ store, sealer, apiSecretKey, log, now });
  return createApp({
    portal: {
      ...shared,
      queue: parts.queue,
      authenticate: createAuthenticate(settings, parts.keys),
      checkReadiness: () => checkReadiness(parts),
      wakeWorker: () => worker.wake(),
      sasHosts: settings.SAS_HOSTS,
    },
    signIn: {
      ...shared,
      sessions,
      fetchMedia: parts.fetchMedia,
      tenantId: settings.TENANT_ID,
      callbackUrl: parts.callbackUrl,
      startCapture: (jobId) => startSchedule(parts, jobId),
    },
    status: {
      ...shared,
      sessions,
      isOn: ({ isOn }) => isOn?.(settings) ?? true,
      legalBasis: settings.LEGAL_BASIS,
      health: () => readHealth({ ...parts, troubles: worker.troubles() }),
    },
    publicOrigin: parts.publicOrigin,
    xOrigin: new URL(settings.X_API_URL).origin,
    log,
  });
}
