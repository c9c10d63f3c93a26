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

/** Where a frame stands in the bundle: `server.js:12:3456`, in whatever folder it ran. */
const IN_BUNDLE = /[^\s("]*\bserver\.js:(\d+):(\d+)/g;

/** Names the source's file, line and column wherever a text names a place in the bundle. */
export function toSource(text: string, mapText: string): string {
  const map = new SourceMap(mapSchema.parse(JSON.parse(mapText)));
  return text.replace(IN_BUNDLE, (place, line: string, column: string) => {
    const origin = map.findOrigin(Number(line), Number(column));
    return "fileName" in origin
      ? `${origin.fileName}:${origin.lineNumber}:${origin.columnNumber}`
      : place;
  });
}
