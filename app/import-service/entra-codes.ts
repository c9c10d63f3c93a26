const ENTRA_CODE = /\bAADSTS(\d+)\b/g;

/** Codes by which Entra says why it gives no token (learn.microsoft.com/entra/identity-platform/reference-error-codes). */
export type EntraRefusal = { codes: ReadonlySet<number>; words: string };

/**
 * What Entra has answered, out of what @azure/identity throws: AuthenticationRequiredError, with
 * MSAL's ServerError as its cause, or AuthenticationError. Each quotes Entra's sentence in its
 * message, which is therefore for comparison alone and never for a log line.
 */
export function readEntraRefusal(error: unknown): EntraRefusal {
  const messages: string[] = [];
  for (let each = error; each instanceof Error && messages.length < 10; each = each.cause) {
    messages.push(each.message);
  }
  const words = messages.join("\n");
  return { codes: new Set([...words.matchAll(ENTRA_CODE)].map(([, code]) => Number(code))), words };
}
