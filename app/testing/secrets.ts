import { inspect } from "node:util";
import { AuthenticationError } from "@azure/identity";
import { ContainerClient, RestError } from "@azure/storage-blob";
import { TEST_SECRETS, testEnvironment } from "./environment.ts";
import { basic, SAS_URI } from "./platform-calls.ts";
import { startScriptedX } from "./serve-x.ts";

/** What X gives to whoever signs in. */
export const X_GIVES = {
  requestTokenSecret: "request-token-secret-0123456789",
  verifier: "oauth-verifier-0123456789",
  accessToken: "42-user-access-token-0123456789",
  accessSecret: "user-access-token-secret-0123456789",
};
/** What Microsoft Entra gives to the connector. */
export const BEARER = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ0ZXN0In0.c2lnbmF0dXJlLW9mLWEtYmVhcmVy";

/** Every secret that there is. A session and the platform's own bearer are made while a test runs. */
export const SECRETS: Record<string, string> = {
  ...TEST_SECRETS,
  ...X_GIVES,
  "sealing key": /"k":"([^"]+)"/.exec(testEnvironment().SEALING_KEYS ?? "")?.[1] ?? "",
  "SAS signature": /sig=(.+)/.exec(SAS_URI)?.[1] ?? "",
  "SAS address": SAS_URI,
  "bearer of Entra": BEARER,
  "Basic credential": basic().slice("Basic ".length),
};

/** What a careless other side may say: all of them, as they travel. */
export const QUOTE = [
  `OAuth oauth_consumer_key="${SECRETS["TWITTER_API_KEY"]}"`,
  `Authorization: ${basic()}, Bearer ${BEARER}`,
  ...Object.values(SECRETS),
].join(", ");

/** The names of the secrets that a text holds, in whichever way they are written there. */
export function leaksIn(text: string, more: Record<string, string> = {}): string[] {
  const searched = text.toLowerCase();
  return Object.entries({ ...SECRETS, ...more })
    .filter(([, secret]) =>
      [
        secret,
        encodeURIComponent(secret),
        JSON.stringify(secret).slice(1, -1),
        secret.replaceAll("&", "&amp;"),
        // Base64 of a longer text holds that of its parts only at some offsets.
        ...[0, 1, 2].map((offset) =>
          Buffer.from(secret.slice(offset)).toString("base64").slice(0, -4),
        ),
      ].some((spelling) => searched.includes(spelling.toLowerCase())),
    )
    .map(([name]) => name);
}

/** Errors of other people's code that quote what they should not, by what they are. */
export async function createLeakyErrors(): Promise<[string, unknown][]> {
  const asStack = `x\n    at ${QUOTE}\n    at ${SAS_URI}:1:1`;
  return [
    ["an error", new Error(QUOTE)],
    ["an error in an error", new TypeError("fetch failed", { cause: new Error(QUOTE) })],
    ["several errors", new AggregateError([new Error(QUOTE)], QUOTE)],
    ["an error that looks like a stack", new Error(asStack)],
    ["an error with a code", Object.assign(new Error(QUOTE), { code: QUOTE, status: QUOTE })],
    ["no error", QUOTE],
    ["an object", { message: QUOTE, name: QUOTE }],
    ["a refusal of Azure Storage", await provokeStorageError()],
    ["a refusal of Entra", new AuthenticationError(401, { error: "x", error_description: QUOTE })],
    ["an address that is none", thrownBy(() => new URL(QUOTE))],
  ];
}

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

/** A true error of the storage library: it holds the request with its address and headers. */
async function provokeStorageError(): Promise<unknown> {
  const body = `<?xml version="1.0"?><Error><Code>AuthorizationFailure</Code><Message>${QUOTE.replaceAll("&", "&amp;")}</Message></Error>`;
  const headers = { "content-type": "application/xml", "x-ms-error-code": "AuthorizationFailure" };
  const server = await startScriptedX(() => ({ status: 403, body, headers }));
  const container = new ContainerClient(`${server.url}/tenant${new URL(SAS_URI).search}`);
  const error: unknown = await container
    .getBlockBlobClient("item")
    .upload("x", 1)
    .catch((thrown: unknown) => thrown);
  await server.close();
  if (!(error instanceof RestError) || leaksIn(inspect(error, { depth: 9 })).length === 0) {
    throw new Error("The storage library does not quote any more: this test has nothing to find");
  }
  return error;
}
