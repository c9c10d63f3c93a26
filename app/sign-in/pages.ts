import { html, raw } from "hono/html";
import { type Html, layout } from "../pages/layout.ts";
import type { Account } from "../twitter/client.ts";

type Page = { nonce: string };

export function passwordPage(
  { nonce }: Page,
  { action, problem }: { action: string; problem?: string },
): Html {
  return layout(
    { title: "Connect a Twitter account", nonce, step: "Step 1 of 3" },
    html` <p>
        To prove that you set up this connector, paste its <b>APISecretKey</b>: the value that you
        entered in the compliance portal as <b>Password</b>.
      </p>
      ${problem ? html`<p class="notice" role="alert" id="problem">${problem}</p>` : ""}
      <form method="post" action="${action}">
        <label for="password">APISecretKey</label>
        <input
          id="password"
          name="password"
          type="password"
          required
          autofocus
          autocomplete="current-password"
          ${problem ? raw('aria-invalid="true" aria-describedby="problem"') : ""}
        />
        <button type="submit">Continue</button>
      </form>
      <p class="hint">
        The person who deployed the connector can read it from the stack:
        <code>npx pulumi stack output apiSecretKey --show-secrets</code>
      </p>`,
  );
}

export function startPage(
  { nonce }: Page,
  { jobId, archived }: { jobId: string; archived?: { username: string; needsSignIn: boolean } },
): Html {
  return layout(
    { title: "Connect a Twitter account", nonce, step: "Step 2 of 3", signOut: true },
    html` ${
        archived
          ? html`<p class="notice ${archived.needsSignIn ? "" : "good"}">
              This job archives <b>@${archived.username}</b>.
              ${
                archived.needsSignIn
                  ? "Its sign-in is no longer valid. Sign in to the same account again."
                  : "Its sign-in is valid; you do not need to sign in again."
              }
            </p>`
          : html`<p>
              Sign in to the Twitter account that you want to archive. X asks for the account's
              password; this connector never sees it.
            </p>`
      }
      <form method="post" action="/sign-in/twitter">
        <input type="hidden" name="jobId" value="${jobId}" />
        <button type="submit">Login with Twitter</button>
      </form>`,
  );
}

export function confirmPage(
  { nonce }: Page,
  {
    jobId,
    account,
    picture,
    sealed,
  }: { jobId: string; account: Account; picture: string | undefined; sealed: string },
): Html {
  return layout(
    { title: "Is this the account?", nonce, step: "Step 3 of 3", signOut: true },
    html` <p>
        All posts of this account will be archived to Microsoft 365, by the connector job
        <code>${jobId}</code>.
      </p>
      <div class="account">
        ${
          picture
            ? html`<img src="${picture}" alt="Profile picture of @${account.username}" />`
            : html`<span class="no-picture" aria-hidden="true"></span>`
        }
        <div>
          <strong><bdi>${account.name}</bdi></strong
          >@${account.username}
        </div>
      </div>
      <form method="post" action="/sign-in/confirm">
        <input type="hidden" name="signedIn" value="${sealed}" />
        <button type="submit">Archive @${account.username}</button>
      </form>
      <p class="hint">
        Is it the wrong account? Close this window and start again in the compliance portal.
      </p>`,
  );
}

export function donePage({ nonce }: Page, account: { username: string }): Html {
  return layout(
    { title: "Twitter Connector Job Successfully set up.", nonce, signOut: true },
    html` <p class="notice good">
        The connector captures the posts of <b>@${account.username}</b> and delivers them when
        Microsoft 365 requests them.
      </p>
      <p>Continue in the compliance portal. You can close this window.</p>
      <button type="button" id="continue" hidden>Continue</button>
      <script nonce="${nonce}">
        const button = document.getElementById("continue");
        button.addEventListener("click", () => window.close());
        button.hidden = false;
      </script>`,
  );
}
