import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/**
 * A JWK Set (RFC 7517) with one 256-bit key for each generation, newest first. The newest seals; older
 * ones open what they sealed, found by the key id in its header.
 */
export function sealingKeys(
  name: string,
  generation: number,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const generations = Array.from({ length: generation }, (_, index) => generation - index);
  const keys = generations.map((number) => {
    const own = number === 1 ? name : `${name}-${number}`;
    return new random.RandomBytes(own, { length: 32 }, opts).base64.apply((base64) => ({
      kty: "oct",
      kid: String(number),
      k: Buffer.from(base64, "base64").toString("base64url"),
    }));
  });
  return pulumi.secret(pulumi.jsonStringify({ keys }));
}
