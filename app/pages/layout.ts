import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1b1f; --soft: #5c5f66; --line: #d9dce1; --paper: #fff;
  --ground: #f3f5f8; --accent: #0b57d0; --on-accent: #fff; --good: #146c2e; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e7ea; --soft: #a3a7af; --line: #3a3d44;
  --paper: #1d1f24; --ground: #121316; --accent: #8ab4f8; --on-accent: #10213f; --good: #7bd88f;
  --bad: #f2b8b5; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 34rem; margin: 3rem auto; padding: 2rem; background: var(--paper);
  border: 1px solid var(--line); border-radius: 12px; }
main.wide { max-width: 60rem; }
@media (max-width: 40rem) { main { margin: 0; border: 0; border-radius: 0; min-height: 100vh;
  padding: 1.5rem; } }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.product { margin: 0 0 1.5rem; color: var(--soft); font-size: .875rem; }
label { display: block; font-weight: 600; margin: 1.25rem 0 .35rem; }
input { width: 100%; font: inherit; color: inherit; background: var(--ground);
  border: 1px solid var(--soft); border-radius: 8px; padding: .6rem .75rem; }
button, .button { display: inline-block; margin-top: 1.25rem; font: inherit; font-weight: 600;
  color: var(--on-accent); background: var(--accent); border: 0; border-radius: 8px;
  padding: .65rem 1.25rem; cursor: pointer; text-decoration: none; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
a { color: var(--accent); }
.hint { color: var(--soft); font-size: .875rem; }
.notice { border-left: 4px solid var(--bad); padding: .5rem 1rem; margin: 1rem 0;
  background: var(--ground); border-radius: 0 8px 8px 0; }
.notice.good { border-color: var(--good); }
.account { display: flex; gap: 1rem; align-items: center; margin: 1.5rem 0; padding: 1rem;
  border: 1px solid var(--line); border-radius: 10px; }
.account img, .account .no-picture { width: 64px; height: 64px; border-radius: 50%; flex: none;
  background: var(--line); }
.account strong { display: block; font-size: 1.1rem; }
.good { color: var(--good); } .bad { color: var(--bad); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
time, td.number { white-space: nowrap; font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.25rem; margin: 1rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
`;

/** One page: works without script; the style carries the nonce of the policy. */
export function layout(
  { title, nonce, wide = false }: { title: string; nonce: string; wide?: boolean },
  content: Html,
): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title} · Twitter connector</title>
        <style nonce="${nonce}">
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <main class="${wide ? "wide" : ""}">
          <h1>${title}</h1>
          <p class="product">Twitter (X) connector for Microsoft Purview</p>
          ${content}
        </main>
      </body>
    </html>`;
}
