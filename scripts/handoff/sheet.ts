import { html } from "hono/html";
import { type Html, layout } from "../../app/pages/layout.ts";
import type { Field, Step } from "./steps.ts";

const TITLE = "Set up the Twitter connector";
const WHENCE =
  "These values come from the deployment of the connector. The Password is not among them: whoever " +
  "deployed the connector hands it over in a way of its own.";
const ASK = "ask whoever deployed the connector";

/** The page for the compliance administrator: one file, no script, no secret. */
export async function stepsToHtml(steps: readonly Step[]): Promise<string> {
  const page = await layout(
    { title: TITLE, nonce: "", wide: true },
    html`<p>${WHENCE}</p>
      ${steps.map((step, index) => stepToHtml(step, index + 1))}`,
  );
  return `${String(page)}\n`;
}

/** The same, for a wiki or a ticket. */
export function stepsToMarkdown(steps: readonly Step[]): string {
  const sections = steps.map(({ title, before, fields, after }, index) =>
    [
      `## ${index + 1}. ${title}`,
      before.length > 1 ? before.map((line, nth) => `${nth + 1}. ${line}`).join("\n") : before[0],
      ...(fields.length > 0 ? [fieldsToTable(fields)] : []),
      ...after,
    ].join("\n\n"),
  );
  return `${[`# ${TITLE}`, WHENCE, ...sections].join("\n\n")}\n`;
}

function stepToHtml({ title, before, fields, after }: Step, number: number): Html {
  return html`<h2>${number}. ${title}</h2>
    ${
      before.length > 1
        ? html`<ol>
            ${before.map((line) => html`<li>${line}</li>`)}
          </ol>`
        : html`<p>${before[0]}</p>`
    }
    ${
      fields.length > 0
        ? html`<dl>
            ${fields.map(
              (field) =>
                html`<dt>${field.label}</dt>
                  <dd>${field.isSecret ? ASK : html`<code>${field.value}</code>`}</dd>`,
            )}
          </dl>`
        : ""
    }
    ${after.map((line) => html`<p>${line}</p>`)}`;
}

function fieldsToTable(fields: readonly Field[]): string {
  const rows = fields.map(
    ({ label, value, isSecret }) => `| ${label} | ${isSecret ? ASK : `\`${value}\``} |`,
  );
  return ["| Field | Value |", "| --- | --- |", ...rows].join("\n");
}
