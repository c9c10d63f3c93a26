import { html } from "hono/html";
import { type Html, layout } from "./layout.ts";

/** Says what went wrong and what to do; nothing was changed. */
export function problemPage(
  { nonce }: { nonce: string },
  { title, what, remedy }: { title: string; what: string; remedy: string },
): Html {
  return layout(
    { title, nonce },
    html`<p class="notice" role="alert">${what}</p>
      <p>${remedy}</p>`,
  );
}
