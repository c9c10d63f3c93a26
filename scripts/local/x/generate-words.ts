import type { Random } from "./random.ts";

const SUBJECTS = [
  "The north quay",
  "Berth 7",
  "The ice patrol",
  "Our pilot station",
  "The old grain dock",
  "Tonight's ferry",
  "The breakwater",
  "Crane No. 4",
];

const PREDICATES = [
  "opens again at dawn",
  "is closed for inspection",
  "has room for two more vessels",
  "waits for calmer water",
  "was repainted last week",
  "reports good visibility",
  "moves to winter times",
  "welcomes visitors on Sunday",
];

const ENDINGS = [
  "Please mind the notices.",
  "Thanks to everyone on shift.",
  "More in an hour.",
  "Drive slowly near the gates.",
  "Questions? Ask the harbour office.",
  "It was 4 °C at noon.",
];

export function sentence(random: Random): string {
  return `${random.pick(SUBJECTS)} ${random.pick(PREDICATES)}.`;
}

export function remark(random: Random): string {
  return `${sentence(random)} ${random.pick(ENDINGS)}`;
}

/** Several paragraphs, longer than the 280 characters of a short post. */
export function longText(random: Random): string {
  const paragraphs = Array.from({ length: random.int(4, 7) }, () =>
    Array.from({ length: random.int(2, 4) }, () => remark(random)).join(" "),
  );
  return paragraphs.join("\n\n");
}
