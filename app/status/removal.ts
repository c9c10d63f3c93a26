import { type Context, Hono } from "hono";
import { readFormField } from "../http/body.ts";
import { countOutbox } from "../delivery/outbox.ts";
import { isUnreadable } from "../errors.ts";
import { badRequest, queryParam } from "../http/problem.ts";
import { readJob } from "../jobs/job.ts";
import { type RemovalDeps, removeJob } from "../jobs/remove-job.ts";
import { problemPage } from "../pages/problem-page.ts";
import { platformIdSchema } from "../import-service/platform-id.ts";
import { nonceOf } from "../http/security-headers.ts";
import type { Sessions } from "../sign-in/session.ts";
import { isDone, undeliveredTasks } from "../worker/task.ts";
import { askToRemovePage, removedPage } from "./removal-page.ts";

export type RemovalRouteDeps = RemovalDeps & { sessions: Sessions };

/**
 * Removes a job that the compliance portal does not know any more, and so never removes: asks first,
 * and does it by a form of our own page (`app.ts` checks where the form is from).
 */
export function removalRoutes(deps: RemovalRouteDeps): Hono {
  const routes = new Hono();
  routes.get("/jobs/remove", (c) =>
    forAdministrator(deps, c, () => ask(deps, c, toJobId(queryParam(c, "jobId")))),
  );
  routes.post("/jobs/remove", (c) =>
    forAdministrator(deps, c, async () =>
      remove(deps, c, toJobId(await readFormField(c, "jobId"))),
    ),
  );
  return routes;
}

async function ask({ store }: RemovalRouteDeps, c: Context, jobId: string): Promise<Response> {
  const job = await readJob(store, jobId);
  if (!job) {
    return refuse(c, 404, "There is no such job. It may have been removed already.");
  }
  const unfinished = (await undeliveredTasks(store, jobId)).filter((task) => !isDone(task)).length;
  const waiting = await countOutbox(store, jobId);
  return c.html(askToRemovePage(pageOf(c), { jobId, account: job.account, unfinished, waiting }));
}

async function remove(deps: RemovalRouteDeps, c: Context, jobId: string): Promise<Response> {
  const removed = await removeJob(deps, jobId, { detail: "on the status page" });
  // Sent again, the form finds nothing to do, and that is as it should be.
  const isRevoked = removed?.isRevoked ?? true;
  return c.html(removedPage(pageOf(c), { jobId, isRevoked }));
}

/** A stranger is led to where the APISecretKey is asked for. */
async function forAdministrator(
  { sessions }: RemovalRouteDeps,
  c: Context,
  act: () => Promise<Response>,
): Promise<Response> {
  if (!(await sessions.read(c))) {
    return c.redirect("/", 303);
  }
  try {
    return await act();
  } catch (error) {
    if (isUnreadable(error)) {
      return refuse(c, 409, `${error.message}.`);
    }
    throw error;
  }
}

function toJobId(text: string | undefined): string {
  const jobId = platformIdSchema.safeParse(text).data;
  if (jobId === undefined) {
    throw badRequest("jobId: is missing, or is none");
  }
  return jobId;
}

async function refuse(c: Context, status: 404 | 409, what: string): Promise<Response> {
  c.status(status);
  const remedy =
    status === 409
      ? "Restore the record's last good version in the archive's storage account first."
      : "The status page shows every job that there is.";
  return c.html(problemPage(pageOf(c), { title: "The job was not removed", what, remedy }));
}

function pageOf(c: Context): { nonce: string } {
  return { nonce: nonceOf(c) };
}
