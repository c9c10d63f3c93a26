import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { badRequest } from "./problem.ts";

/** Forms of ours hold a password or an id; one holds a sealed sign-in, and says so. */
const FORM_LIMIT_BYTES = 4 * 1024;
/** The contract's body is two levels deep; what it does not know yet may be a little deeper. */
const MAX_DEPTH = 16;
/** Of all objects in it together. */
const MAX_MEMBERS = 64;
/** The contract has no numbers; .NET's longest, a decimal, has 31 signs, and a double may have 24. */
const MAX_NUMBER_SIGNS = 40;

/**
 * Reads a body whole, as long as it is no larger than that.
 * @throws HTTPException 413 where it is larger, 400 where the client stops in the middle.
 */
export async function readBody(c: Context, limitBytes: number): Promise<Uint8Array> {
  const declared = c.req.header("content-length");
  if (Number(declared ?? 0) > limitBytes) {
    throw new HTTPException(413);
  }
  // The server holds the client to the length that it declares, and reads it faster than a stream.
  return declared === undefined ? readStream(c, limitBytes) : readDeclared(c, limitBytes);
}

async function readDeclared(c: Context, limitBytes: number): Promise<Uint8Array> {
  const body = await c.req.arrayBuffer().catch(() => {
    throw cutOff();
  });
  if (body.byteLength > limitBytes) {
    throw new HTTPException(413);
  }
  return new Uint8Array(body);
}

async function readStream(c: Context, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of wholly(c.req.raw.body)) {
    bytes += chunk.byteLength;
    if (bytes > limitBytes) {
      throw new HTTPException(413);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * The one value of a field of a form of ours.
 * @throws HTTPException 413 where the form is larger than that, 415 or 400 where it is none, or the field
 * is there twice.
 */
export async function readFormField(
  c: Context,
  name: string,
  limitBytes = FORM_LIMIT_BYTES,
): Promise<string> {
  // Any other type would go past the check of the form's origin (hono/csrf).
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") {
    throw new HTTPException(415);
  }
  const text = decode(await readBody(c, limitBytes));
  const values = new URLSearchParams(text).getAll(name);
  if (values.length > 1) {
    throw badRequest(`${name} is given more than once`);
  }
  return values[0] ?? "";
}

/**
 * Parses the JSON of a body that holds one object. What costs the parser more than it costs the
 * sender is refused before it is parsed, and so is what two readers may read in two ways.
 * @throws HTTPException 400 with what is wrong.
 */
export function parseJson(body: Uint8Array): unknown {
  const text = decode(body);
  const { depth, members, outermost, numberSigns } = measure(text);
  if (depth > MAX_DEPTH || members > MAX_MEMBERS) {
    throw badRequest("The body: is nested too deeply, or has too many members");
  }
  if (numberSigns > MAX_NUMBER_SIGNS) {
    throw badRequest("The body: has a number of too many digits");
  }
  const value = parse(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const names = Object.keys(value).map((name) => name.toLowerCase());
    if (new Set(names).size !== outermost) {
      throw badRequest("The body: names a member twice");
    }
  }
  return value;
}

async function* wholly(body: AsyncIterable<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  try {
    yield* body ?? [];
  } catch {
    throw cutOff();
  }
}

function cutOff(): HTTPException {
  return badRequest("The body: did not arrive whole");
}

function decode(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw badRequest("The body: is not UTF-8");
  }
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    throw badRequest("The body: is not JSON");
  }
}

type Measures = { depth: number; members: number; outermost: number; numberSigns: number };

/**
 * How deep a JSON text is nested, how many members its objects have in all and the outermost one has
 * alone, and how long its longest number is. It looks no further than to the first that is too much.
 */
function measure(text: string): Measures {
  const found: Measures = { depth: 0, members: 0, outermost: 0, numberSigns: 0 };
  let [depth, inString, numberStart] = [0, false, -1];
  for (let at = 0; at < text.length && isBounded(found); at += 1) {
    const char = text[at] ?? "";
    if (inString) {
      at += char === "\\" ? 1 : 0;
      inString = char !== '"';
      continue;
    }
    if (!NUMBER_SIGNS.has(char)) {
      numberStart = at;
    }
    found.numberSigns = Math.max(found.numberSigns, at - numberStart);
    if (char === '"') {
      inString = true;
    } else if (char === "{" || char === "[") {
      depth += 1;
      found.depth = Math.max(found.depth, depth);
    } else if (char === "}" || char === "]") {
      depth -= 1;
    } else if (char === ":") {
      found.members += 1;
      found.outermost += depth === 1 ? 1 : 0;
    }
  }
  return found;
}

const NUMBER_SIGNS = new Set("+-.0123456789Ee");

function isBounded({ depth, members, numberSigns }: Measures): boolean {
  return depth <= MAX_DEPTH && members <= MAX_MEMBERS && numberSigns <= MAX_NUMBER_SIGNS;
}
