import type { Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { html } from "hono/html";

export type FakeSignIn = {
  handoff: { password: string };
  handle: string;
  x: Hono;
  xUrl: string;
};

/** The pages of a sign-in on the connector and on X; resolves the job that was set up. */
export function addSignIn(app: Hono, { handoff, handle, x, xUrl }: FakeSignIn): { id?: string } {
  const job: { id?: string } = {};
  app.get("/preview/OnJobCreating", (context) =>
    context.html(
      html`<title>Sign in</title>
        <form action="/preview/session" METHOD="post">
          <input type="hidden" value="${context.req.query("jobId")}" name="jobId" />
          <input name="password" type="password" /><button>Sign in</button>
        </form>`,
    ),
  );
  app.post("/preview/session", async (context) => {
    const form = await context.req.parseBody();
    if (form.password !== handoff.password || typeof form.jobId !== "string") {
      return context.html("<p>The password is wrong.</p>", 200);
    }
    setCookie(context, "__Host-session", "admin", { secure: true, path: "/", sameSite: "Lax" });
    return context.redirect(`/preview/job?jobId=${form.jobId}`, 303);
  });
  app.get("/preview/job", (context) => {
    context.header("Content-Security-Policy", `default-src 'none'; form-action 'self' ${xUrl}`);
    return context.html(
      html`<form method="post" action="/preview/login">
        <input type="hidden" name="jobId" value="${context.req.query("jobId")}" />
        <button type="submit">Login with Twitter</button>
      </form>`,
    );
  });
  app.post("/preview/login", async (context) => {
    const back = new URL("/Views/TwitterOAuth", context.req.url);
    back.searchParams.set("jobId", await readField(context, "jobId"));
    return context.redirect(`${xUrl}/oauth/authorize?back=${encodeURIComponent(back.href)}`, 303);
  });
  addXPages(x);
  app.get("/Views/TwitterOAuth", (context) =>
    isSignedIn(context)
      ? context.html(
          html`<form method="post"><button name="no" value="1">Cancel</button></form>
            <form method="post" action="/preview/confirm?jobId=${context.req.query("jobId")}">
              Archive <b>@${handle}</b>? <button>Yes, archive this account</button>
            </form>`,
        )
      : context.text("not signed in", 403),
  );
  app.post("/preview/confirm", (context) => {
    job.id = context.req.query("jobId") ?? "";
    return context.html("<p>Twitter Connector Job Successfully&nbsp;set up.</p>");
  });
  app.get("/", (context) =>
    isSignedIn(context)
      ? context.json({
          jobs: [
            {
              jobId: job.id,
              account: { id: "42", username: handle },
              gaps: [],
              unfinished: 0,
              since: 1,
            },
          ],
        })
      : context.text("not signed in", 401),
  );
  return job;
}

function isSignedIn(context: Context): boolean {
  return getCookie(context, "__Host-session") === "admin";
}

async function readField(context: Context, name: string): Promise<string> {
  const value = (await context.req.formData()).get(name);
  return typeof value === "string" ? value : "";
}

function addXPages(x: Hono): void {
  x.get("/oauth/authorize", (context) =>
    context.html(
      html`<form method="post">
        <input type="hidden" name="back" value="${context.req.query("back")}" />
        <button name="action" value="cancel">Cancel</button>
        <button value="authorize" name="action" class="a > b">
          Authorize
          <!-- the -->
          app
        </button>
      </form>`,
    ),
  );
  x.post("/oauth/authorize", async (context) =>
    context.redirect(await readField(context, "back"), 302),
  );
}
