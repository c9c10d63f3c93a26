import { describe, expect, it } from "vitest";
import { createCookieJar } from "./cookie-jar.ts";

const HOME = new URL("http://127.0.0.1:8080/preview/job");

describe("a browser's cookies", () => {
  it.each([
    ["on its path", "a=1; Path=/preview", "/preview/x", "GET", false, "a=1"],
    ["not beside its path", "a=1; Path=/preview", "/previews", "GET", false, ""],
    ["on the default path", "a=1", "/preview/x", "GET", false, "a=1"],
    ["not above the default path", "a=1", "/other", "GET", false, ""],
    ["when it is Secure, on this machine", "a=1; Secure; Path=/", "/", "GET", false, "a=1"],
    ["with = in its value", "a=b=c; Path=/", "/", "GET", false, "a=b=c"],
    ["when Lax on the way back from X", "a=1; SameSite=Lax; Path=/", "/", "GET", true, "a=1"],
    ["not when Lax with a form of X", "a=1; SameSite=Lax; Path=/", "/", "POST", true, ""],
    ["not when Strict on the way back", "a=1; SameSite=Strict; Path=/", "/", "GET", true, ""],
    ["as Lax without SameSite", "a=1; Path=/", "/", "POST", true, ""],
    ["not when it is over", "a=1; Max-Age=0; Path=/", "/", "GET", false, ""],
    [
      "not when it expired",
      "a=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
      "/",
      "GET",
      false,
      "",
    ],
  ])("are sent %s", (_what, setCookie, path, method, crossSite, expected) => {
    const jar = createCookieJar();
    jar.store(HOME, [setCookie]);
    expect(jar.header({ url: new URL(path, HOME), method, crossSite })).toBe(expected);
  });

  it("stay with their origin, and are replaced by name", () => {
    const jar = createCookieJar();
    jar.store(HOME, ["a=1; Path=/", "a=2; Path=/"]);
    const url = new URL("http://127.0.0.1:9090/");
    expect(jar.header({ url, method: "GET", crossSite: false })).toBe("");
    expect(jar.header({ url: HOME, method: "GET", crossSite: false })).toBe("a=2");
  });

  it.each([
    ["__Host- without Secure", "__Host-a=1; Path=/", "asks for Secure"],
    ["__Host- with another path", "__Host-a=1; Secure; Path=/x", "asks for Path=/"],
    ["__Host- without a path", "__Host-a=1; Secure", "asks for Path=/"],
    ["__Host- with a domain", "__Host-a=1; Secure; Path=/; Domain=127.0.0.1", "forbids Domain"],
    ["__Secure- without Secure", "__Secure-a=1", "asks for Secure"],
    ["SameSite=None without Secure", "a=1; SameSite=None", "asks for Secure"],
    ["a domain that is another", "a=1; Domain=example.com", "Domain is another"],
    ["no name", "=1", "no name"],
  ])("are dropped: %s", (_what, setCookie, why) => {
    expect(() => createCookieJar().store(HOME, [setCookie])).toThrow(why);
  });

  it("are dropped when Secure on plain http of another machine", () => {
    const url = new URL("http://connector.example/");
    expect(() => createCookieJar().store(url, ["a=1; Secure"])).toThrow("by plain http");
  });
});
