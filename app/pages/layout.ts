import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1b1f; --soft: #55585f; --line: #d9dce1; --paper: #fff;
  --ground: #f1f4f8; --accent: #0b57d0; --on-accent: #fff; --good: #146c2e; --good-tint: #e9f5ec;
  --bad: #b3261e; --bad-tint: #fcedec; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e7ea; --soft: #a9adb6; --line: #3a3d44;
  --paper: #1d1f24; --ground: #121316; --accent: #8ab4f8; --on-accent: #10213f; --good: #7bd88f;
  --good-tint: #182b1e; --bad: #f2b8b5; --bad-tint: #35201f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 34rem; margin: 3rem auto; padding: 2rem; background: var(--paper);
  border: 1px solid var(--line); border-top: 4px solid var(--accent); border-radius: 4px 4px 12px 12px; }
main.wide { max-width: 60rem; }
@media (max-width: 40rem) { main { margin: 0; border-width: 4px 0 0; border-radius: 0;
  min-height: 100vh; padding: 1.5rem; } }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
.product { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem;
  margin: 0 0 .75rem; color: var(--soft); font-size: .875rem; }
label { display: block; font-weight: 600; margin: 1.25rem 0 .35rem; }
input { width: 100%; max-width: 30rem; font: inherit; color: inherit; background: var(--ground);
  border: 1px solid var(--soft); border-radius: 8px; padding: .6rem .75rem; }
input[aria-invalid] { border: 2px solid var(--bad); }
button { display: block; margin-top: 1.25rem; font: inherit; font-weight: 600;
  color: var(--on-accent); background: var(--accent); border: 0; border-radius: 8px;
  padding: .7rem 1.5rem; cursor: pointer; }
button:hover { filter: brightness(1.08); }
button[hidden] { display: none; }
button.danger { background: var(--bad); }
button.quiet { color: var(--accent); background: none; border: 1px solid currentColor;
  padding: .45rem 1rem; font-size: .875rem; }
@media (max-width: 25rem) { button { width: 100%; } }
.sign-out { margin-top: 2rem; padding-top: .25rem; border-top: 1px solid var(--line); }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
code { overflow-wrap: anywhere; }
.hint { color: var(--soft); font-size: .875rem; margin: 1.25rem 0 0; }
.hint code { display: block; margin-top: .35rem; padding: .5rem .75rem; background: var(--ground);
  border-radius: 6px; }
.notice { border-left: 4px solid var(--bad); padding: .6rem 1rem; margin: 1rem 0;
  background: var(--bad-tint); border-radius: 0 8px 8px 0; }
.notice.good { color: inherit; border-color: var(--good); background: var(--good-tint); }
.notice p, .notice ul { margin: .25rem 0; }
.account { display: flex; gap: 1rem; align-items: center; margin: 1.5rem 0; padding: 1rem;
  border: 1px solid var(--line); border-radius: 10px; overflow-wrap: anywhere; }
.account img, .account .no-picture { width: 64px; height: 64px; border-radius: 50%; flex: none;
  background: var(--line); }
.account strong { display: block; font-size: 1.15rem; line-height: 1.3; }
.good { color: var(--good); } .bad { color: var(--bad); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
caption { text-align: left; font-weight: 600; padding: 1rem 0 .35rem; }
th, td { text-align: left; padding: .5rem 1rem .5rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.nowrap, time { white-space: nowrap; font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.5rem; margin: 1rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin: 0 0 .6rem; } th { white-space: normal; } th, td { padding-right: .6rem; } }
`;

/** The last form of its page, so that no other is mistaken for it. */
const SIGN_OUT = html`<form class="sign-out" method="post" action="/sign-out">
  <button type="submit" class="quiet">Sign out</button>
</form>`;

/** One page: works without script; the style carries the nonce of the policy. */
export function layout(
  {
    title,
    nonce,
    step,
    wide = false,
    signOut = false,
  }: {
    title: string;
    nonce: string;
    /** Where in a sequence of pages this one stands: `Step 1 of 3`. */
    step?: string;
    wide?: boolean;
    /** For who has a session: a button that ends it. */
    signOut?: boolean;
  },
  content: Html,
): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <link rel="icon" href="data:," />
        <title>${title} &middot; Twitter connector</title>
        <style nonce="${nonce}">
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <main class="${wide ? "wide" : ""}">
          <p class="product">
            <span>Twitter (X) connector for Microsoft Purview</span>
            ${step ? html`<span>${step}</span>` : ""}
          </p>
          <h1>${title}</h1>
          ${content} ${signOut ? SIGN_OUT : ""}
        </main>
      </body>
    </html>`;
}
