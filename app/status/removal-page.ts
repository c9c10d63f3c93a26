import { html } from "hono/html";
import { type Html, layout } from "../pages/layout.ts";

type Account = { username: string };

/** What stays; shown before and after the removal. */
const STAYS = html`<li>
    Everything that was captured stays in the archive: pages of X, media, coverage, gaps, and the
    manifests of deliveries. How long depends only on the stack's retention settings.
  </li>
  <li>Nothing in Microsoft 365 is changed.</li>`;

export function askToRemovePage(
  { nonce }: { nonce: string },
  {
    jobId,
    account,
    unfinished,
    waiting,
  }: { jobId: string; account: Account; unfinished: number; waiting: number },
): Html {
  return layout(
    { title: `Stop archiving @${account.username}?`, nonce, signOut: true },
    html` <p>
        This removes the connector job <code>${jobId}</code> of <b>@${account.username}</b>.
      </p>
      <p class="notice">
        If the compliance portal still shows this connector, delete it there instead: the portal
        then tells this connector to remove the job. This page is for jobs that are no longer in the
        portal.
      </p>
      <ul>
        <li>X revokes the connector's access to the account, and capture stops.</li>
        ${unfinished + waiting > 0 ? html`<li>${undone(unfinished, waiting)} will not be delivered.</li>` : ""}
        <li>Another connector job may archive the account later.</li>
        ${STAYS}
      </ul>
      <form method="post" action="/jobs/remove">
        <input type="hidden" name="jobId" value="${jobId}" />
        <button type="submit" class="danger">Remove the job of @${account.username}</button>
      </form>
      <p><a href="/">Keep the job and return to the status page</a></p>`,
  );
}

function undone(unfinished: number, waiting: number): string {
  const windows = unfinished === 1 ? "1 window" : `${unfinished} windows`;
  const posts = waiting === 1 ? "1 post" : `${waiting} posts`;
  return `${windows} that Microsoft 365 requested, and ${posts} queued for the next delivery,`;
}

export function removedPage(
  { nonce }: { nonce: string },
  { jobId, isRevoked }: { jobId: string; isRevoked: boolean },
): Html {
  return layout(
    { title: "The job is removed", nonce, signOut: true },
    html` <p class="notice good">
        The connector job <code>${jobId}</code> is removed; its account is no longer captured.
      </p>
      ${
        isRevoked
          ? ""
          : html`<p class="notice" role="alert">
              X did not confirm that the connector's access is revoked. The connector has deleted
              its token. Revoke the access yourself: sign in to the account at X, then Settings,
              Security, Apps and sessions.
            </p>`
      }
      <ul>
        ${STAYS}
      </ul>
      <p><a href="/">Status page</a></p>`,
  );
}
