import { html } from "hono/html";

export type SignInPage = {
  path: string;
  token: string;
  /** What stands in the field for the account. */
  username: string;
  error?: string;
};

const STYLE = `
  :root { color-scheme: light dark; --ink: #0f1419; --paper: #fff; --ground: #f7f9f9;
    --edge: #66757f; --main: #0f1419; --on-main: #fff; --bad: #a1001c; --bad-tint: #ffe8ec }
  @media (prefers-color-scheme: dark) { :root { --ink: #e7e9ea; --paper: #16181c; --ground: #000;
    --edge: #8b98a5; --main: #eff3f4; --on-main: #0f1419; --bad: #ff9ba8; --bad-tint: #3a1219 } }
  * { box-sizing: border-box }
  body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink);
    background: var(--ground) }
  main { max-width: 26rem; margin: 3rem auto; padding: 2rem; background: var(--paper);
    border-radius: 1rem; box-shadow: 0 1px 6px #0003 }
  @media (max-width: 28rem) { main { margin: 0; border-radius: 0; padding: 1.5rem } }
  h1 { margin: 0 0 1rem; font-size: 1.4rem; line-height: 1.3 }
  .stand-in { margin: 0 0 1rem; font-size: .875rem }
  label { display: block; font-weight: 600 }
  input { width: 100%; margin: .25rem 0 1rem; padding: .6rem; font: inherit; color: inherit;
    background: var(--paper); border: 1px solid var(--edge); border-radius: .4rem }
  button { width: 100%; margin-top: .6rem; padding: .7rem; font: inherit; font-weight: 700;
    color: inherit; background: var(--paper); border: 1px solid var(--edge); border-radius: 2rem;
    cursor: pointer }
  button.main { color: var(--on-main); background: var(--main) }
  :focus-visible { outline: 3px solid #1d9bf0; outline-offset: 2px }
  .error { padding: .6rem; border-radius: .4rem; color: var(--bad); background: var(--bad-tint) }
`;

/** X's question whether the app may read the account; works without script. */
export function signInPage({ path, token, username, error }: SignInPage) {
  return page(
    "Authorize an app",
    html`<h1>Authorize the connector to access your account?</h1>
      ${error === undefined ? "" : html`<p class="error" role="alert">${error}</p>`}
      <form method="post" action="${path}">
        <input type="hidden" name="oauth_token" value="${token}" />
        <label for="username">Account</label>
        <input id="username" name="username" value="${username}" autocomplete="username" />
        <p>The app will be able to read posts of this account. It will not be able to post.</p>
        <button class="main" name="action" value="authorize">Authorize app</button>
        <button name="action" value="cancel">Cancel</button>
      </form>`,
  );
}

/** What X shows for a request token that is unknown, used or refused. */
export function deadEndPage() {
  return page(
    "Something is wrong",
    html`<h1>Whoa there!</h1>
      <p class="error" role="alert">
        The request token for this page is invalid. It may have already been used, or expired
        because it is too old. Please go back to the site or application that sent you here and try
        again.
      </p>`,
  );
}

function page(title: string, body: ReturnType<typeof html>) {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="icon" href="data:," />
        <title>${title} / X (local stand-in)</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <main>
          <p class="stand-in">X (local stand-in: nothing leaves this machine)</p>
          ${body}
        </main>
      </body>
    </html>`;
}
