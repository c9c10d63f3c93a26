import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/**
 * A fresh 256-bit key as the JWK Set (RFC 7517) that the app seals with. The key id tells later
 * keys from this one, so that a rotated set can still open what this key sealed.
 */
export function sealingKeys(
  name: string,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const bytes = new random.RandomBytes(name, { length: 32 }, opts);
  const key = bytes.base64.apply((base64) => ({
    kty: "oct",
    kid: "1",
    k: Buffer.from(base64, "base64").toString("base64url"),
  }));
  return pulumi.secret(pulumi.jsonStringify({ keys: [key] }));
}
