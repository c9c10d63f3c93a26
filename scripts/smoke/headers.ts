/** Headers of every answer of the connector, and their reason (OWASP Secure Headers). */
const REQUIRED: [name: string, rule: string, isMet: (value: string) => boolean][] = [
  ["x-content-type-options", "nosniff", (value) => value === "nosniff"],
  ["x-frame-options", "DENY", (value) => value.toUpperCase() === "DENY"],
  ["referrer-policy", "no-referrer", (value) => value === "no-referrer"],
  [
    "content-security-policy",
    "default-src, frame-ancestors and base-uri 'none', nothing unsafe",
    isStrictPolicy,
  ],
];
const MIN_HSTS_SECONDS = 180 * 24 * 60 * 60;

/** Headers that are missing or too weak, each with what it must say. Empty when all is well. */
export function findWeakHeaders(headers: Headers, { isHttps }: { isHttps: boolean }): string[] {
  const weak = REQUIRED.filter(([name, , isMet]) => !isMet(headers.get(name) ?? ""));
  const maxAge = /max-age=(\d+)/.exec(headers.get("strict-transport-security") ?? "")?.[1];
  return [
    ...weak.map(([name, rule]) => `${name} (${rule})`),
    ...(isHttps && !(Number(maxAge) >= MIN_HSTS_SECONDS)
      ? ["strict-transport-security (half a year at least)"]
      : []),
    ...(headers.has("x-powered-by") ? ["x-powered-by (tells what runs here)"] : []),
  ];
}

function isStrictPolicy(policy: string): boolean {
  const directives = new Set(policy.split(";").map((directive) => directive.trim().toLowerCase()));
  return (
    ["default-src", "frame-ancestors", "base-uri"].every((name) =>
      directives.has(`${name} 'none'`),
    ) && !/'unsafe-|\*/.test(policy)
  );
}
