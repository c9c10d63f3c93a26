import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { RateLimiterMemory } from "rate-limiter-flexible";
import * as z from "zod";
import type { Sealer } from "../archive/seal.ts";
import { isSameSecret } from "../portal/authenticate.ts";

const COOKIE = "session";
const SESSION_MS = 60 * 60_000;
const sessionSchema = z.object({
  purpose: z.literal("session"),
  id: z.string(),
  expires: z.number(),
});

/** A person who has shown the APISecretKey. */
export type Session = { id: string };

export type Sessions = {
  read(c: Context): Promise<Session | undefined>;
  /**
   * Starts a new session if the password is right (a cookie from before is worth nothing).
   * Wrong ones are counted for each address and in all.
   */
  signIn(c: Context, password: string): Promise<"signed-in" | "wrong" | "too-many">;
};

const WRONG_PER_ADDRESS = 10;
const WRONG_IN_ALL = 100;
const WRONG_WINDOW_SECONDS = 15 * 60;

export function createSessions({
  sealer,
  apiSecretKey,
  now,
}: {
  sealer: Sealer;
  apiSecretKey: string;
  now: () => Date;
}): Sessions {
  const perAddress = createLimiter(WRONG_PER_ADDRESS);
  const inAll = createLimiter(WRONG_IN_ALL);
  return {
    async read(c) {
      const cookie = getCookie(c, COOKIE, "host");
      const opened = await sealer.open(cookie ?? "").catch(() => undefined);
      const session = sessionSchema.safeParse(opened);
      return session.success && session.data.expires > now().getTime()
        ? { id: session.data.id }
        : undefined;
    },
    async signIn(c, password) {
      const address = clientAddress(c);
      // Counted before it is looked at: tries that come at once would else all find room.
      const isRoom = (await spend(perAddress, address)) && (await spend(inAll, "all"));
      if (!isRoom) {
        return "too-many";
      }
      if (!isSameSecret(password.trim(), apiSecretKey)) {
        return "wrong";
      }
      await Promise.all([perAddress.reward(address), inAll.reward("all")]);
      const expires = now().getTime() + SESSION_MS;
      const sealed = await sealer.seal({ purpose: "session", id: randomUUID(), expires });
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

function createLimiter(points: number): RateLimiterMemory {
  return new RateLimiterMemory({ points, duration: WRONG_WINDOW_SECONDS });
}

async function spend(limiter: RateLimiterMemory, key: string): Promise<boolean> {
  const { consumedPoints } = await limiter.penalty(key);
  return consumedPoints <= limiter.points;
}

/** App Service appends the caller's address, with its port, as the last entry. */
function clientAddress(c: Context): string {
  const last = c.req.header("x-forwarded-for")?.split(",").at(-1)?.trim() ?? "direct";
  return last.replace(/:\d+$/, "");
}
