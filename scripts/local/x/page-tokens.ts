import { createHmac, timingSafeEqual } from "node:crypto";

/** Where in a walk through a timeline a page stands. */
export type Position = {
  /** Pages that came before this one. */
  page: number;
  direction: "older" | "newer";
  /** The page holds posts older (newer) than this id. */
  than: string;
};

export type PageTokens = {
  /** `binding`: all of the query that the token is for; it is worth nothing for another one. */
  issue(position: Position, binding: string): string;
  /** Undefined: a token of another query, or none that was issued here. */
  read(token: string, binding: string): Position | undefined;
};

export function createPageTokens(key: Uint8Array): PageTokens {
  function seal(content: string, binding: string): Buffer {
    return createHmac("sha256", key).update(`${content}\n${binding}`).digest().subarray(0, 12);
  }
  return {
    issue({ page, direction, than }, binding) {
      const content = `${page} ${direction} ${than}`;
      return Buffer.concat([seal(content, binding), Buffer.from(content)]).toString("hex");
    },
    read(token, binding) {
      const bytes = Buffer.from(token, "hex");
      const content = bytes.subarray(12).toString();
      const given = bytes.subarray(0, 12);
      const expected = seal(content, binding);
      // Buffer.from stops at the first character that is not hexadecimal.
      const isWhole = bytes.toString("hex") === token && given.length === expected.length;
      return isWhole && timingSafeEqual(given, expected) ? readPosition(content) : undefined;
    },
  };
}

function readPosition(content: string): Position {
  const [page, direction, than = "0"] = content.split(" ");
  return { page: Number(page), direction: direction === "newer" ? "newer" : "older", than };
}
