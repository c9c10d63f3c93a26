import { randomBytes, randomInt, randomUUID } from "node:crypto";

import * as pulumi from "@pulumi/pulumi";
import { v7 as uuid7 } from "uuid";
import { z } from "zod";

import { readInputs } from "../arm.ts";
import type { Made, Provider, ResourceRequest } from "../world.ts";

export const random: Provider = {
  "random:index/randomPassword:RandomPassword": (request) => {
    const result = randomText(request);
    return made("none", { result: pulumi.secret(result) });
  },
  "random:index/randomString:RandomString": (request) => {
    const result = randomText(request);
    return made(result, { result });
  },
  "random:index/randomUuid:RandomUuid": makeUuid,
  "random:index/randomUuid4:RandomUuid4": makeUuid,
  "random:index/randomUuid7:RandomUuid7": () => {
    const result = uuid7();
    return made(result, { result });
  },
  "random:index/randomBytes:RandomBytes": makeBytes,
  "random:index/randomId:RandomId": makeId,
  "random:index/randomInteger:RandomInteger": makeInteger,
};

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
// The provider's own default set of special characters.
const SPECIAL = "!@#$%&*()-_=+[]{}<>:?";

const textInputs = z.looseObject({
  length: z.int().min(1),
  lower: z.boolean().default(true),
  upper: z.boolean().default(true),
  numeric: z.boolean().default(true),
  special: z.boolean().default(true),
  overrideSpecial: z.string().optional(),
  minLower: z.int().default(0),
  minUpper: z.int().default(0),
  minNumeric: z.int().default(0),
  minSpecial: z.int().default(0),
});

function randomText(request: ResourceRequest): string {
  const inputs = readInputs(textInputs, request);
  const special = inputs.overrideSpecial ?? SPECIAL;
  const least: [string, number][] = [
    [LOWER, inputs.minLower],
    [LOWER.toUpperCase(), inputs.minUpper],
    [DIGITS, inputs.minNumeric],
    [special, inputs.minSpecial],
  ];
  const all = [
    inputs.lower && LOWER,
    inputs.upper && LOWER.toUpperCase(),
    inputs.numeric && DIGITS,
    inputs.special && special,
  ].filter((set) => set !== false);
  const must = least.map(([set, count]) => pick(set, count)).join("");
  return shuffle(must + pick(all.join(""), inputs.length - must.length));
}

function pick(set: string, count: number): string {
  return Array.from({ length: count }, () => set[randomInt(set.length)]).join("");
}

function shuffle(text: string): string {
  const keyed = Array.from(text, (letter) => ({ letter, key: randomInt(2 ** 32) }));
  return keyed
    .sort((one, other) => one.key - other.key)
    .map(({ letter }) => letter)
    .join("");
}

function makeUuid(): Made {
  const result = randomUUID();
  return made(result, { result });
}

const bytesInputs = z.looseObject({ length: z.int().min(1) });

function makeBytes(request: ResourceRequest): Made {
  const bytes = randomBytes(readInputs(bytesInputs, request).length);
  const base64 = pulumi.secret(bytes.toString("base64"));
  return made("none", { base64, hex: pulumi.secret(bytes.toString("hex")) });
}

const idInputs = z.looseObject({ byteLength: z.int().min(1), prefix: z.string().default("") });

function makeId(request: ResourceRequest): Made {
  const { byteLength, prefix } = readInputs(idInputs, request);
  const bytes = randomBytes(byteLength);
  const hex = bytes.toString("hex");
  return made(bytes.toString("base64url"), {
    b64Std: prefix + bytes.toString("base64"),
    b64Url: prefix + bytes.toString("base64url"),
    hex: prefix + hex,
    dec: prefix + BigInt(`0x${hex}`).toString(),
  });
}

const integerInputs = z.looseObject({ min: z.int(), max: z.int() });

function makeInteger(request: ResourceRequest): Made {
  const { min, max } = readInputs(integerInputs, request);
  const result = randomInt(min, max + 1);
  return made(`${result}`, { result });
}

function made(id: string, state: Record<string, unknown>): Made {
  return { id, name: id, state };
}
