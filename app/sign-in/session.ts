import { createHash, randomUUID } from "node:crypto";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import * as z from "zod";
import { names } from "../archive/names.ts";
import { recordType } from "../archive/records.ts";
import type { Sealer } from "../archive/seal.ts";
import { createDocument, type Store } from "../archive/store.ts";
import { callerAddress } from "../http/caller-address.ts";
import type { Log } from "../log.ts";
import { isSameSecret } from "../import-service/authenticate.ts";
import { createCredentialThrottle } from "../http/credential-throttle.ts";

const COOKIE = "session";
const SESSION_MS = 60 * 60_000;
const sessionSchema = z.object({
  purpose: z.literal("session"),
  id: z.string(),
  /** Tells which APISecretKey was shown: a session ends when there is another. */
  shown: z.string(),
  expires: z.number(),
});

const endedRecord = recordType(z.object({ endedAt: z.string() }));

/** A person who has shown the APISecretKey. */
export type Session = { id: string };

export type Sessions = {
  read(c: Context): Promise<Session | undefined>;
  /**
   * Starts a new session if the password is right (a cookie from before is worth nothing). An
   * address with too many wrong ones waits; nobody else waits for what it did.
   */
  signIn(c: Context, password: string): Promise<"signed-in" | "wrong" | "too-many">;
  /** Ends the session, if there is one, for whoever has kept its cookie, too. */
  signOut(c: Context): Promise<void>;
};

export function createSessions({
  store,
  sealer,
  apiSecretKey,
  log,
  now,
}: {
  store: Store;
  sealer: Sealer;
  apiSecretKey: string;
  log: Log;
  now: () => Date;
}): Sessions {
  const shown = createHash("sha256").update(apiSecretKey).digest("base64url").slice(0, 16);
  const credentialThrottle = createCredentialThrottle("pages", { log, now });
  const read = async (c: Context): Promise<Session | undefined> => {
    const cookie = getCookie(c, COOKIE, "host");
    const opened = await sealer.open(cookie ?? "").catch(() => undefined);
    const session = sessionSchema.safeParse(opened).data;
    const isGood =
      session !== undefined &&
      session.shown === shown &&
      session.expires > now().getTime() &&
      (await store.read(names.endedSession(session.id))) === undefined;
    return isGood ? { id: session.id } : undefined;
  };
  return {
    read,
    async signOut(c) {
      const session = await read(c);
      deleteCookie(c, COOKIE, { prefix: "host", path: "/", secure: true });
      if (session) {
        // In the archive, because another instance may be asked next.
        await createDocument(store, names.endedSession(session.id), endedRecord, {
          endedAt: now().toISOString(),
        });
      }
    },
    async signIn(c, password) {
      const address = callerAddress(c);
      // Counted before it is looked at: tries that come at once would else all find room.
      if (credentialThrottle.count(address)) {
        return "too-many";
      }
      if (!isSameSecret(password.trim(), apiSecretKey)) {
        return credentialThrottle.countInAll() ? "too-many" : "wrong";
      }
      credentialThrottle.forgive(address);
      const expires = now().getTime() + SESSION_MS;
      const sealed = await sealer.seal({ purpose: "session", id: randomUUID(), shown, expires });
      // Lax, not Strict: the way back from X comes from another site.
      setCookie(c, COOKIE, sealed, {
        prefix: "host",
        path: "/",
        secure: true,
        httpOnly: true,
        sameSite: "Lax",
        maxAge: SESSION_MS / 1000,
      });
      return "signed-in";
    },
  };
}
