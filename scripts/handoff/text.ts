import type { Field, Step } from "./steps.ts";

/** For a terminal. Commands and values stand on lines of their own, to be copied. */
export function stepsToText(
  steps: readonly Step[],
  { showSecrets }: { showSecrets: boolean },
): string {
  return steps
    .map((step, index) => stepToText(step, { number: index + 1, showSecrets }))
    .join("\n");
}

const HIDDEN = "(shown by npm run handoff -- --show-secrets)";

function stepToText(
  { title, before, fields, after }: Step,
  { number, showSecrets }: { number: number; showSecrets: boolean },
): string {
  const width = Math.max(0, ...fields.map(({ label }) => label.length));
  const shown = ({ value, isSecret }: Field) => (isSecret && !showSecrets ? HIDDEN : value);
  const lines = [
    ...before,
    ...fields.map((field) => `  ${field.label.padEnd(width)}  ${shown(field)}`),
    ...after,
  ];
  return [`${number}. ${title}`, ...lines.map((line) => `   ${line}`), ""].join("\n");
}
