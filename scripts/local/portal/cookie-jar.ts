/** A browser's cookies, as far as a sign-in needs them (RFC 6265bis). */
export type CookieJar = {
  /** Takes the Set-Cookie headers of an answer; throws on a cookie that a browser would drop. */
  store(url: URL, setCookies: readonly string[]): void;
  /** The Cookie header for a navigation, "" for none. */
  header(request: { url: URL; method: string; crossSite: boolean }): string;
};

type Cookie = {
  name: string;
  value: string;
  host: string;
  path: string;
  secure: boolean;
  sameSite: "strict" | "lax" | "none";
};

export function createCookieJar(): CookieJar {
  const cookies = new Map<string, Cookie>();
  return {
    store(url, setCookies) {
      for (const text of setCookies) {
        const { cookie, expired } = parseSetCookie(text, url);
        const key = `${cookie.host} ${cookie.path} ${cookie.name}`;
        cookies.delete(key);
        if (!expired) {
          cookies.set(key, cookie);
        }
      }
    },
    header: (request) =>
      [...cookies.values()]
        .filter((cookie) => isSent(cookie, request))
        .map(({ name, value }) => `${name}=${value}`)
        .join("; "),
  };
}

/** A port is no part of a cookie's host, so each origin is told apart by hand (see isSent). */
function isSent(
  cookie: Cookie,
  { url, method, crossSite }: { url: URL; method: string; crossSite: boolean },
): boolean {
  const fromElsewhere =
    cookie.sameSite === "none" || !crossSite || (cookie.sameSite === "lax" && method === "GET");
  return (
    // By origin's host with its port: X and the connector share 127.0.0.1 only on this machine.
    cookie.host === url.host &&
    (url.pathname === cookie.path || url.pathname.startsWith(cookie.path.replace(/\/?$/, "/"))) &&
    (!cookie.secure || isTrustworthy(url)) &&
    fromElsewhere
  );
}

function parseSetCookie(text: string, url: URL): { cookie: Cookie; expired: boolean } {
  const [pair = "", ...rest] = text.split(";").map((part) => part.trim());
  const name = pair.slice(0, Math.max(pair.indexOf("="), 0));
  const attributes = new Map(
    rest.map((part) => {
      const [key = "", ...value] = part.split("=");
      return [key.toLowerCase(), value.join("=")];
    }),
  );
  const path = attributes.get("path") ?? "";
  const cookie: Cookie = {
    name,
    value: pair.slice(name.length + 1),
    host: url.host,
    path: path.startsWith("/") ? path : defaultPath(url),
    secure: attributes.has("secure"),
    sameSite: readSameSite(attributes.get("samesite")),
  };
  const fault = findFault(cookie, { url, domain: attributes.get("domain"), path });
  if (fault !== undefined) {
    throw new Error(`A browser drops the cookie "${name}" of ${url.pathname}: ${fault}.`);
  }
  return { cookie, expired: isExpired(attributes) };
}

type Setting = { url: URL; domain: string | undefined; path: string };

/** The rules of RFC 6265bis sections 4.1.2 and 4.1.3 that make a browser drop a cookie. */
function findFault({ name, secure, sameSite }: Cookie, setting: Setting): string | undefined {
  const { url, domain, path } = setting;
  const prefix = /^__(host|secure)-/i.exec(name)?.[1]?.toLowerCase();
  const faults: [boolean, string][] = [
    [name === "", "it has no name"],
    [secure && !isTrustworthy(url), "it is Secure, but the page came by plain http"],
    [domain !== undefined && domain.replace(/^\./, "") !== url.hostname, "its Domain is another"],
    [prefix !== undefined && !secure, "its prefix asks for Secure"],
    [prefix === "host" && domain !== undefined, "__Host- forbids Domain"],
    [prefix === "host" && path !== "/", "__Host- asks for Path=/"],
    [sameSite === "none" && !secure, "SameSite=None asks for Secure"],
  ];
  return faults.find(([broken]) => broken)?.[1];
}

/** Without the attribute a browser takes Lax. */
function readSameSite(text: string | undefined): Cookie["sameSite"] {
  const value = text?.toLowerCase();
  return value === "strict" || value === "none" ? value : "lax";
}

function isExpired(attributes: Map<string, string>): boolean {
  const maxAge = attributes.get("max-age");
  const expires = attributes.get("expires");
  return maxAge === undefined
    ? expires !== undefined && Date.parse(expires) <= Date.now()
    : Number(maxAge) <= 0;
}

function defaultPath({ pathname }: URL): string {
  return pathname.slice(0, pathname.lastIndexOf("/")) || "/";
}

/** Potentially trustworthy origins: https, and this machine (W3C Secure Contexts). */
function isTrustworthy({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || /^(127\.[\d.]+|localhost|\[::1\])$/.test(hostname);
}
