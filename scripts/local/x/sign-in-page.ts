import { html } from "hono/html";

export type SignInPage = {
  path: string;
  token: string;
  /** What stands in the field for the account. */
  username: string;
  error?: string;
};

const STYLE = `
  body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: #0f1419; background: #f7f9f9 }
  main { max-width: 26rem; margin: 3rem auto; padding: 2rem; background: #fff; border-radius: 1rem;
    box-shadow: 0 1px 6px #0002 }
  h1 { margin: 0 0 1rem; font-size: 1.4rem }
  label { display: block; font-weight: 600 }
  input { box-sizing: border-box; width: 100%; margin: .25rem 0 1rem; padding: .6rem; font: inherit;
    border: 1px solid #8899a6; border-radius: .4rem }
  button { width: 100%; margin-top: .6rem; padding: .7rem; font: inherit; font-weight: 700;
    border: 1px solid #8899a6; border-radius: 2rem; background: #fff; cursor: pointer }
  button.main { color: #fff; background: #0f1419 }
  .error { padding: .6rem; border-radius: .4rem; color: #a1001c; background: #ffe8ec }
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
        <meta name="viewport" content="width=device-width" />
        <title>${title} / X (local stand-in)</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html>`;
}
