import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Harness, ORIGIN, startHarness } from "./testing/harness.ts";
import { as, basic, downloadRequest, postJson } from "./testing/platform-calls.ts";
import { expectPageThatRefuses, expectRefused } from "./testing/refusals.ts";
import { createVisitor, jobPath, logIn } from "./testing/visitor.ts";

const DOWNLOAD = "/data/OnDownloadRequest";
/** What people and programs try on doors. None of it is an id, a time, a password or an address. */
const TRIES: [string, string][] = [
  ["SQL", "1' OR '1'='1'; DROP TABLE jobs;--"],
  ["HTML", `"><script>alert(1)</script>`],
  ["a template", "${7*7}{{7*7}}<%= 7*7 %>"],
  ["line breaks", "job-1\r\nSet-Cookie: a=b\r\n\r\n<html>"],
  ["a NUL", "job-1\0.json"],
  ["a way up", "../../job-1/job.json"],
  ["a way up, encoded", "%2e%2e%2f%2e%2e%2fjob-1"],
  ["a backslash", "..\\..\\job-1"],
  ["a file", "file:///etc/passwd"],
  ["an address", "http://169.254.169.254/metadata/identity/oauth2/token"],
  ["a right-to-left mark", "job-1\u202e\u2066"],
  ["half a character", "\ud800"],
  ["a mebibyte", "9".repeat(1024 * 1024)],
  ["blanks", "   "],
];

let harness: Harness;
let cookie: string;
beforeAll(async () => {
  harness = await startHarness();
  await harness.addJob("job-1");
  const visitor = createVisitor(harness.app);
  await logIn(visitor);
  cookie = visitor.cookie() ?? "";
});
afterAll(() => harness.close());

describe.each(TRIES)("%s", (_title, text) => {
  it.each(["JobId", "TaskId", "StartTime", "EndTime", "BlobSasUri"])(
    "as %s of a request is refused",
    async (member) => {
      await expectRefused(harness, DOWNLOAD, postJson(downloadRequest({ [member]: text })));
    },
  );

  it("as a post that is asked for again is refused", async () => {
    await expectRefused(
      harness,
      DOWNLOAD,
      postJson(downloadRequest({ DirtyEntities: ["1", text] })),
    );
  });

  it.each([
    ["GET", "/job/IsCreated?jobId="],
    ["DELETE", "/job/OnDeleted?jobId="],
    ["GET", "/job/OnRemediation?remediationType=Relogin&jobId="],
    ["GET", "/job/OnRemediation?jobId=job-1&remediationType="],
  ])("in the address of %s %s is refused", async (method, path) => {
    await expectRefused(harness, path + toQuery(text), as(basic(), method));
  });

  it.each(["Basic ", "Bearer ", ""])("as credential (%s) is refused", async (scheme) => {
    const credential = `${scheme}${scheme === "" ? toQuery(text) : btoa(toQuery(text))}`;
    const authorization = credential.slice(0, 8000);
    await expectRefused(harness, "/setup/Validate", as(authorization));
    await expectRefused(harness, DOWNLOAD, postJson(downloadRequest(), authorization));
  });

  it.each([
    ["jobId", `/preview/OnJobCreating?tenantId=${jobPath("").split("tenantId=")[1]}&jobId=`],
    ["tenantId", "/preview/OnJobCreating?jobId=job-1&tenantId="],
    ["oauth_token", "/Views/TwitterOAuth?oauth_verifier=x&oauth_token="],
  ])("in the address of a page, as %s, leads to a page that says so", async (_name, path) => {
    await expectPageThatRefuses(harness, path + toQuery(text), page());
  });

  it.each([
    ["/", "password"],
    ["/preview/OnJobCreating?jobId=job-1", "password"],
    ["/sign-in/twitter", "jobId"],
    ["/sign-in/confirm", "signedIn"],
  ])("in a form for %s is refused", async (path, name) => {
    await expectPageThatRefuses(
      harness,
      path,
      form(new URLSearchParams([[name, text]]).toString()),
    );
  });

  it("as a path leads nowhere", async () => {
    await expectRefused(harness, `/${toQuery(text).slice(0, 8000)}`, as(basic()));
    await expectRefused(harness, `/setup/validate/${toQuery(text).slice(0, 8000)}`, as(basic()));
  });
});

describe("A path that is written in another way", () => {
  it.each([
    "/setup%2Fvalidate",
    "/%73etup/validate",
    "/set/up/validate",
    "/setup/validate;x=1",
    "/setup/validate%00",
    "/setup/validate%20",
    "/setup/validate.json",
    "/%2e%2e/setup/validate%2f",
    "/setup/valıdate",
    "/ſetup/validate",
    "/.git/config",
    "/job/%ff%fe",
    "/job/%",
  ])("is another path: %s", async (path) => {
    const response = await expectRefused(harness, path, as(basic()));
    expect(response.status).toBe(404);
  });

  it("does not get past the credential by a detour", async () => {
    const response = await ask("/healthz/../setup/./validate", as(undefined));
    expect(response.status).toBe(401);
  });
});

describe("A name that is there twice", () => {
  it.each([
    ["GET", "/job/IsCreated?jobId=job-1&jobId=job-2"],
    ["GET", "/job/IsCreated?jobId=job-1&JOBID=job-1"],
    ["DELETE", "/job/OnDeleted?jobid=job-2&jobId=job-1"],
    ["GET", "/job/OnRemediation?jobId=job-1&remediationType=Unknown&RemediationType=Relogin"],
    ["GET", "/preview/OnJobCreating?jobId=job-1&tenantId=a&TENANTID=b"],
  ])("is refused in the address: %s %s", async (method, path) => {
    const text = await (await expectRefused(harness, path, as(basic(), method))).text();
    expect(text).toContain("is given more than once");
  });

  it.each([
    ["in the same spelling", '{"JobId":"job-2",'],
    ["in another spelling", '{"jobid":"job-2",'],
    ["with an escape in it", '{"Job\\u0049d":"job-2",'],
  ])("is refused in a request, %s", async (_title, start) => {
    const body = JSON.stringify(downloadRequest()).replace("{", start);
    const response = await expectRefused(harness, DOWNLOAD, postJson(body));
    expect(await response.json()).toMatchObject({ detail: "The body: names a member twice" });
  });

  it("is refused in a form", async () => {
    await expectPageThatRefuses(harness, "/sign-in/twitter", form("jobId=job-1&jobId=job-2"));
  });
});

it("The name of what every object has is an id like any other", async () => {
  const request = downloadRequest({ TaskId: "__proto__", constructor: "x", ["__proto__"]: "x" });
  expect((await ask(DOWNLOAD, postJson(request))).status).toBe(200);
  const response = await ask("/job/IsCreated?jobId=__proto__&__proto__=x", as(basic()));
  expect(await response.json()).toEqual({ IsJobCreated: false, Reason: null });
});

describe("A form", () => {
  it("with bytes that are no UTF-8 is refused", async () => {
    const body = new Uint8Array(Buffer.from("jobId=\u00ff", "latin1"));
    await expectPageThatRefuses(harness, "/sign-in/twitter", form(body));
  });

  it.each([
    ["of another kind", "multipart/form-data; boundary=x", "--x\r\n"],
    ["without its boundary", "multipart/form-data", "--x"],
    ["of no kind that forms have", "application/json", '{"password":"x"}'],
    ["of plain text", "text/plain", "password=x"],
  ])("%s is refused with 415", async (_title, type, body) => {
    for (const path of ["/", "/preview/OnJobCreating", "/sign-in/twitter", "/sign-in/confirm"]) {
      const response = await ask(path, form(body, type));
      expect(response.status).toBe(415);
    }
  });
});

describe("What there is not", () => {
  it("is a page for a browser, with the headers of a page", async () => {
    const response = await ask("/nothing", { headers: { accept: "text/html,*/*;q=0.8" } });
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await response.text()).toContain("<h1>Not found</h1>");
  });

  it("has no body for HEAD", async () => {
    const response = await ask("/nothing", { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([404, ""]);
  });
});

it("HEAD is answered as GET is, without a body", async () => {
  for (const path of ["/", "/healthz", "/setup/Validate", "/job/IsCreated?jobId=job-1"]) {
    const response = await ask(path, as(basic(), "HEAD"));
    expect([response.status, await response.text()]).toEqual([200, ""]);
  }
});

it("No answer may be kept on the way", async () => {
  for (const path of ["/", "/healthz", "/nothing", "/setup/Validate", jobPath("job-1")]) {
    const response = await ask(path, { headers: { cookie } });
    expect(response.headers.get("cache-control")).toBe("no-store");
  }
});

async function ask(path: string, init: RequestInit): Promise<Response> {
  return harness.app.request(`${ORIGIN}${path}`, init);
}

function page(): RequestInit {
  return { headers: { accept: "text/html", cookie } };
}

function form(
  body: string | Uint8Array<ArrayBuffer>,
  type = "application/x-www-form-urlencoded",
): RequestInit {
  const headers = { accept: "text/html", cookie, origin: ORIGIN, "content-type": type };
  return { method: "POST", headers, body };
}

/** As it has to stand in an address; half a character has no form there. */
function toQuery(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
