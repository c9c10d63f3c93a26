import { html } from "hono/html";
import { type Html, layout } from "../pages/layout.ts";

type Account = { username: string };

/** What is lost and what is not: the same words before and after. */
const STAYS = html`<li>
    Everything that was captured stays in the archive: pages of X, media, coverage, gaps, and the
    lists of what was handed over. The stack's retention alone decides how long.
  </li>
  <li>Nothing in Microsoft 365 is touched.</li>`;

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
        If the compliance portal still shows this connector job, remove it there instead: this
        connector then removes the job by itself. This page is for a job that the portal does not
        know any more.
      </p>
      <ul>
        <li>
          X revokes the connector's access to the account, and the account is not read any more.
        </li>
        ${unfinished + waiting > 0 ? html`<li>${undone(unfinished, waiting)} will not be delivered.</li>` : ""}
        <li>Another connector job may archive the account afterwards.</li>
        ${STAYS}
      </ul>
      <form method="post" action="/jobs/remove">
        <input type="hidden" name="jobId" value="${jobId}" />
        <button type="submit" class="danger">Remove the job of @${account.username}</button>
      </form>
      <p><a href="/">Keep the job, and go back to the status page</a></p>`,
  );
}

function undone(unfinished: number, waiting: number): string {
  const windows = unfinished === 1 ? "1 window" : `${unfinished} windows`;
  const posts = waiting === 1 ? "1 post" : `${waiting} posts`;
  return `${windows} that Microsoft 365 asked for, and ${posts} queued for a later window,`;
}

export function removedPage(
  { nonce }: { nonce: string },
  { jobId, isRevoked }: { jobId: string; isRevoked: boolean },
): Html {
  return layout(
    { title: "The job is removed", nonce, signOut: true },
    html` <p class="notice good">
        The connector job <code>${jobId}</code> is removed, and its account is not read any more.
      </p>
      ${
        isRevoked
          ? ""
          : html`<p class="notice" role="alert">
              X could not be told to revoke the connector's access. The connector has forgotten its
              token; revoke it at X, too, signed in to the account: Settings, Security, Apps and
              sessions.
            </p>`
      }
      <ul>
        ${STAYS}
      </ul>
      <p><a href="/">Status page</a></p>`,
  );
}
