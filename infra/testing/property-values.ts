import * as pulumi from "@pulumi/pulumi";

/** Properties as they travel between engine, program and providers: secrets and assets as marked objects. */
export type Properties = Record<string, unknown>;

const { specialSigKey, specialAssetSig, specialSecretSig, unknownValue } = pulumi.runtime;

/** Stands for what only an `up` will tell. */
export const UNKNOWN: string = unknownValue;

export function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function toSecret(value: unknown): Properties {
  return isSecret(value) ? value : { [specialSigKey]: specialSecretSig, value };
}

export function isSecret(value: unknown): value is Properties {
  return isObject(value) && value[specialSigKey] === specialSecretSig;
}

/** The value without any mark of secrecy, at any depth. */
export function reveal(value: unknown): unknown {
  return mapSecrets(value, (secret) => reveal(secret));
}

/** What may be shown: each secret replaced. */
export function blind(value: unknown): unknown {
  return mapSecrets(value, () => "[secret]");
}

/** Every text that lies within a secret. */
export function secretTexts(value: unknown): string[] {
  const found: string[] = [];
  mapSecrets(value, (secret) => {
    found.push(...texts(reveal(secret)));
  });
  return found;
}

function texts(value: unknown): string[] {
  if (typeof value === "string") {
    return [value];
  }
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
}

function mapSecrets(value: unknown, replace: (secret: unknown) => unknown): unknown {
  if (isSecret(value)) {
    return replace(value["value"]);
  }
  if (Array.isArray(value)) {
    return value.map((one) => mapSecrets(one, replace));
  }
  return isObject(value) ? mapValues(value, (one) => mapSecrets(one, replace)) : value;
}

export function mapValues(values: Properties, change: (value: unknown) => unknown): Properties {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}

export function hasUnknown(value: unknown): boolean {
  return texts(value).includes(UNKNOWN);
}

/** Whether two values are the same to a provider. Secrecy is no difference; an unknown always is one. */
export function isSame(one: unknown, other: unknown): boolean {
  const left = reveal(one);
  const right = reveal(other);
  if (left === UNKNOWN || right === UNKNOWN) {
    return false;
  }
  if (isAsset(left) && isAsset(right)) {
    return left["hash"] === right["hash"];
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => isSame(item, right[index]));
  }
  return isObject(left) && isObject(right)
    ? changedKeys(left, right).length === 0
    : left === right || (isNothing(left) && isNothing(right));
}

/** Members that differ, in either. */
export function changedKeys(one: Properties, other: Properties): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (key) => !isSame(one[key], other[key]),
  );
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

export function isAsset(value: unknown): value is Properties {
  return isObject(value) && value[specialSigKey] === specialAssetSig;
}

/** Assets as the SDK's own, which the local Azure reads. */
export function toSdkAssets(values: Properties): Properties {
  return mapValues(values, (value) =>
    isAsset(value) ? new pulumi.asset.FileAsset(String(value["path"])) : value,
  );
}

/** Outputs of the SDK as they travel. */
export async function fromSdk(value: unknown): Promise<unknown> {
  if (pulumi.Output.isInstance(value)) {
    const secret = await pulumi.isSecret(value);
    const known = await new Promise<unknown>((resolve) => {
      value.apply(resolve);
    });
    return secret ? toSecret(known) : known;
  }
  return value;
}
