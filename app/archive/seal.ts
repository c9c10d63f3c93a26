import {
  base64url,
  compactDecrypt,
  CompactEncrypt,
  type CryptoKey,
  decodeProtectedHeader,
} from "jose";
import { ConnectorError } from "../errors.ts";
import type { SealingKeys } from "../settings.ts";

export type Sealer = {
  /** A compact JWE (`dir`, `A256GCM`) with the key's id in its header, so that keys can rotate. */
  seal(value: unknown): Promise<string>;
  /** @throws ConnectorError `unusable-record` if no key of ours opens it. */
  open(sealed: string): Promise<unknown>;
  /** Whether it names the key that seals now. What it does not so has to be sealed again one day. */
  isNewest(sealed: string): boolean;
};

/** Seals what must not lie in the archive in clear: X user tokens, SAS addresses, sessions. */
export function createSealer(keys: SealingKeys): Sealer {
  // Imported once: that costs as much as to seal with them.
  const ours = keys.map(({ kid, k }) => ({ kid, key: importKey(k) }));
  const [first] = ours;
  return {
    async seal(value) {
      if (!first) {
        throw new ConnectorError("unusable-record", "There is no key to seal with");
      }
      return new CompactEncrypt(Buffer.from(JSON.stringify(value)))
        .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: first.kid })
        .encrypt(await first.key);
    },
    async open(sealed) {
      try {
        const { plaintext } = await compactDecrypt(
          sealed,
          ({ kid }) => {
            const known = ours.find((candidate) => candidate.kid === kid);
            return known?.key ?? new Uint8Array();
          },
          { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] },
        );
        const value: unknown = JSON.parse(Buffer.from(plaintext).toString("utf8"));
        return value;
      } catch {
        throw new ConnectorError(
          "unusable-record",
          "A sealed value cannot be opened with our keys",
        );
      }
    },
    isNewest: (sealed) => first !== undefined && keyIdOf(sealed) === first.kid,
  };
}

function keyIdOf(sealed: string): string | undefined {
  try {
    return decodeProtectedHeader(sealed).kid;
  } catch {
    return undefined;
  }
}

function importKey(k: string): Promise<CryptoKey> {
  const raw = base64url.decode(k);
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}
