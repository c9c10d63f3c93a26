import { SourceMap } from "node:module";
import { z } from "zod";

const mapSchema = z.object({
  version: z.number(),
  file: z.string().default(""),
  sources: z.array(z.string()),
  sourcesContent: z.array(z.string()).default([]),
  sourceRoot: z.string().default(""),
  names: z.array(z.string()),
  mappings: z.string(),
});

/** A frame's place in the bundle: `server.js:12:3456`, in any folder. */
const IN_BUNDLE = /[^\s("]*\bserver\.js:(\d+):(\d+)/g;

/** Replaces places in the bundle by file, line and column of the source. */
export function toSource(text: string, mapText: string): string {
  const map = new SourceMap(mapSchema.parse(JSON.parse(mapText)));
  return text.replace(IN_BUNDLE, (place, line: string, column: string) => {
    const origin = map.findOrigin(Number(line), Number(column));
    return "fileName" in origin
      ? `${origin.fileName}:${origin.lineNumber}:${origin.columnNumber}`
      : place;
  });
}
