import { html, raw } from "hono/html";
import { costOf, type Usage, wordsForUsage } from "../capture/prices.ts";
import { type Html, layout } from "../pages/layout.ts";
import type { Health } from "./health.ts";
import type { DamagedJob, JobOverview, ShownJob } from "./overview.ts";

export function statusPage({
  nonce,
  health,
  jobs,
  problem,
}: {
  nonce: string;
  health: Health;
  /** Undefined for a visitor who has not shown the APISecretKey. */
  jobs: ShownJob[] | undefined;
  problem?: string;
}): Html {
  return layout(
    { title: "Status", nonce, wide: true, signOut: jobs !== undefined },
    html` ${
        health.missing.length === 0
          ? html`<p class="notice good">The connector is running and ready.</p>`
          : html`<div class="notice" role="status">
              <p>The connector is running, but cannot work yet:</p>
              <ul>
                ${health.missing.map((missing) => html`<li>${missing}</li>`)}
              </ul>
            </div>`
      }
      <dl>
        <dt>Version</dt>
        <dd>${health.version}</dd>
        <dt>Package</dt>
        <dd><code>${health.packageHash}</code></dd>
      </dl>
      ${jobs ? jobsSection(jobs) : passwordForm(problem)}`,
  );
}

function jobsSection(jobs: ShownJob[]): Html {
  return jobs.length === 0
    ? html`<h2>Jobs</h2>
        <p>No account is connected yet. Add the Twitter connector in the compliance portal.</p>`
    : html`${jobs.map((job) => ("damage" in job ? damageSection(job) : jobSection(job)))}`;
}

function damageSection({ jobId, damage, isNewer }: DamagedJob): Html {
  return html` <h2>Job <code>${jobId}</code></h2>
    <p class="notice" role="status">
      ${damage}${isNewer ? ". Until then, the job waits." : RESTORE}
    </p>`;
}

const RESTORE =
  ", so the state of this job is unknown. Restore the last good version of this blob in the archive's " +
  "storage account.";

function jobSection(job: JobOverview): Html {
  return html` <h2><bdi>${job.account.name}</bdi> (@${job.account.username})</h2>
    ${
      job.needsSignIn
        ? html`<p class="notice" role="status">
            Nothing is archived until this account signs in again, in the compliance portal.
          </p>`
        : ""
    }
    <dl>
      <dt>Job</dt>
      <dd><code>${job.jobId}</code></dd>
      <dt>Connected (UTC)</dt>
      <dd>${instant(job.since)}</dd>
      <dt>Sign-in</dt>
      <dd>
        ${
          job.needsSignIn
            ? html`<b class="bad">needed again</b>: ${job.needsSignIn}`
            : html`<span class="good">valid</span>`
        }
      </dd>
      <dt>Captured completely (UTC)</dt>
      <dd>
        ${
          job.coverage.length === 0
            ? "nothing yet"
            : job.coverage.map((interval) => html`<div>${span(interval)}</div>`)
        }
      </dd>
      <dt>Gaps (UTC)</dt>
      <dd>
        ${
          job.gaps.length === 0
            ? html`<span class="good">none</span>`
            : job.gaps.map((gap) => html`<div><b class="bad">${span(gap)}</b>: ${gap.reason}</div>`)
        }
        ${job.remark ? html`<div>${job.remark}</div>` : ""}
      </dd>
      <dt>Next scheduled capture (UTC)</dt>
      <dd>
        ${
          job.next
            ? html`${instant(job.next.dueAt)}${job.next.reason ? html`; the last one failed: <b class="bad">${job.next.reason}</b>` : ""}`
            : "none: captured only on request"
        }
      </dd>
      <dt>Feeds (UTC)</dt>
      <dd>
        ${job.feeds.map(
          ({ feed, words, limits, reason }) =>
            html`<div>
              ${feed}: ${words}${reason ? html`; <b class="bad">${reason}</b>` : ""}. Cannot be had
              or proved: ${limits.join("; ")}
            </div>`,
        )}
        ${job.legalBasis ? html`<div>Legal basis: ${job.legalBasis}</div>` : ""}
      </dd>
      <dt>Delivered today (UTC)</dt>
      <dd>${count(job.items.today)} of ${count(job.items.dailyLimit)} items</dd>
      <dt>Queued for the next delivery</dt>
      <dd>
        ${job.items.waiting === 0 ? "no post" : html`${count(job.items.waiting)} posts: late, edited, requested again, over the daily limit, or from a window that failed (npm run requeue)`}
      </dd>
      <dt>Windows in progress</dt>
      <dd>${count(job.unfinished)}</dd>
      <dt>Reads that X may bill (UTC)</dt>
      <dd>
        <div>Today: ${usage(job.reads.today)}</div>
        <div>This month: ${usage(job.reads.thisMonth)}</div>
        ${job.estimate ? html`<div>Complete history: ${job.estimate}</div>` : ""}
      </dd>
    </dl>
    <div class="scroll" tabindex="0" role="region" aria-label="Windows of @${job.account.username}">
      <table>
        <caption>
          Windows in progress, and the last finished ones
        </caption>
        <thead>
          <tr>
            <th scope="col">Window (UTC)</th>
            <th scope="col">State</th>
            <th scope="col" class="number">Items</th>
            <th scope="col" class="number">Media not included</th>
          </tr>
        </thead>
        <tbody>
          ${job.tasks.map(
            (task) =>
              html`<tr>
                <td>${span(task.window)}</td>
                <td
                  class="${task.state === "delivered" ? "good" : task.state === "failed" ? "bad" : ""}"
                >
                  ${task.owedSince ? html`uploaded; completion call pending since ${instant(task.owedSince)}` : task.state}${task.reason ? html`: ${task.reason}` : ""}
                </td>
                <td class="number">${task.items === undefined ? "" : count(task.items)}</td>
                <td class="number">${task.omitted === undefined ? "" : count(task.omitted)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="hint">
      Is this job no longer in the compliance portal?
      <a href="/jobs/remove?jobId=${encodeURIComponent(job.jobId)}"
        >Stop archiving @${job.account.username}</a
      >
    </p>`;
}

function passwordForm(problem: string | undefined): Html {
  return html` <h2>Jobs</h2>
    ${problem ? html`<p class="notice" role="alert" id="problem">${problem}</p>` : ""}
    <p>Enter the connector's APISecretKey to see its accounts and windows.</p>
    <form method="post" action="/">
      <label for="password">APISecretKey</label>
      <input
        id="password"
        name="password"
        type="password"
        required
        autocomplete="current-password"
        ${problem ? raw('aria-invalid="true" aria-describedby="problem"') : ""}
      />
      <button type="submit">Show the jobs</button>
    </form>`;
}

function span({ start, end }: { start: string; end: string }): Html {
  return html`${instant(start)} <span class="nowrap">to ${instant(end)}</span>`;
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}

function instant(time: string): Html {
  return html`<time datetime="${time}">${time.slice(0, 16).replace("T", " ")}</time>`;
}

/** Kinds and, at X's prices, what they cost. */
function usage(reads: Usage): string {
  const [owner, other] = (["owner", "other"] as const).map((whose) =>
    costOf(reads, whose).toFixed(2),
  );
  const cost =
    owner === other
      ? `$${other}`
      : `$${owner} where the account owns the developer app, else $${other}`;
  return `${wordsForUsage(reads)}: ${cost}`;
}
