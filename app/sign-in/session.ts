import { createHash, randomUUID } from "node:crypto";
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import * as z from "zod";
import type { Sealer } from "../archive/seal.ts";
import { callerAddress } from "../caller-address.ts";
import type { Log } from "../log.ts";
import { isSameSecret } from "../portal/authenticate.ts";
import { createWrongTries } from "../wrong-tries.ts";

const COOKIE = "session";
const SESSION_MS = 60 * 60_000;
const sessionSchema = z.object({
  purpose: z.literal("session"),
  id: z.string(),
  /** Tells which APISecretKey was shown: a session ends when there is another. */
  shown: z.string(),
  expires: z.number(),
});

/** A person who has shown the APISecretKey. */
export type Session = { id: string };

export type Sessions = {
  read(c: Context): Promise<Session | undefined>;
  /**
   * Starts a new session if the password is right (a cookie from before is worth nothing). An
   * address with too many wrong ones waits; nobody else waits for what it did.
   */
  signIn(c: Context, password: string): Promise<"signed-in" | "wrong" | "too-many">;
};

export function createSessions({
  sealer,
  apiSecretKey,
  log,
  now,
}: {
  sealer: Sealer;
  apiSecretKey: string;
  log: Log;
  now: () => Date;
}): Sessions {
  const shown = createHash("sha256").update(apiSecretKey).digest("base64url").slice(0, 16);
  const wrongTries = createWrongTries("pages", { log, now });
  return {
    async read(c) {
      const cookie = getCookie(c, COOKIE, "host");
      const opened = await sealer.open(cookie ?? "").catch(() => undefined);
      const session = sessionSchema.safeParse(opened).data;
      const isGood =
        session !== undefined && session.shown === shown && session.expires > now().getTime();
      return isGood ? { id: session.id } : undefined;
    },
    async signIn(c, password) {
      const address = callerAddress(c);
      // Counted before it is looked at: tries that come at once would else all find room.
      if (wrongTries.count(address)) {
        return "too-many";
      }
      if (!isSameSecret(password.trim(), apiSecretKey)) {
        return wrongTries.countInAll() ? "too-many" : "wrong";
      }
      wrongTries.forgive(address);
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
