import { createCookieJar } from "./cookie-jar.ts";
import type { Button, Form } from "./html-forms.ts";
import { visibleText } from "./html-text.ts";

/** A page that a browser without script stopped at. */
export type Page = { url: URL; status: number; html: string; text: string; formAction: string[] };

export type Browser = {
  /** Opens an address as a person who types it. */
  open(url: URL): Promise<Page>;
  /** Follows a link of a page. */
  follow(page: Page, href: string): Promise<Page>;
  /** Submits a form of a page by one of its buttons, with fields filled in anew. */
  submit(
    page: Page,
    form: Form,
    press: { button: Button; filled?: [string, string][] },
  ): Promise<Page>;
  /** Asks for JSON at an address of a site where the person is signed in. */
  askJson(url: URL): Promise<unknown>;
};

/** `fetch` may be another one that plays what stands in front of the connector. */
export function createBrowser(send: typeof fetch = fetch): Browser {
  const navigate = createNavigation(send);
  return {
    open: (url) => navigate({ url, method: "GET" }),
    follow: (page, href) => navigate({ url: new URL(href, page.url), method: "GET", from: page }),
    submit(page, form, { button, filled = [] }) {
      const pressed: [string, string][] = button.name ? [[button.name, button.value]] : [];
      const typed = new Set(filled.map(([name]) => name));
      const left = form.fields.filter(([name]) => !typed.has(name));
      const body = new URLSearchParams([...left, ...filled, ...pressed]);
      const url = new URL(button.action ?? form.action, page.url);
      if (form.method === "GET") {
        url.search = body.toString();
        return navigate({ url, method: "GET", from: page, isForm: true });
      }
      return navigate({ url, method: "POST", from: page, body, isForm: true });
    },
    async askJson(url) {
      const answer = await navigate.raw({ url, method: "GET", accept: "application/json" });
      if (answer.status !== 200 || !isType(answer, "application/json")) {
        throw new Error(await explain(url, answer));
      }
      const body: unknown = await answer.json();
      return body;
    },
  };
}

/** A page must come within this time. */
export const PAGE_TIMEOUT_MS = 15_000;
const MAX_REDIRECTS = 10;

type Navigation = {
  url: URL;
  method: "GET" | "POST";
  from?: Page;
  body?: URLSearchParams;
  isForm?: boolean;
};

type Request = Pick<Navigation, "url" | "method" | "body"> & {
  crossSite?: boolean;
  origin?: string | undefined;
  accept?: string;
};

function createNavigation(send: typeof fetch) {
  const jar = createCookieJar();
  async function raw({ url, method, body, crossSite = false, origin, accept }: Request) {
    const cookie = jar.header({ url, method, crossSite });
    const answer = await send(url, {
      method,
      redirect: "manual",
      signal: AbortSignal.timeout(PAGE_TIMEOUT_MS),
      headers: {
        accept: accept ?? "text/html",
        "sec-fetch-site": nameSite(crossSite, origin),
        ...(cookie ? { cookie } : {}),
        ...(method === "POST" && origin ? { origin } : {}),
      },
      ...(body ? { body } : {}),
    });
    jar.store(url, answer.headers.getSetCookie());
    return answer;
  }

  /** Redirects keep what the first request was: a page of another site stays its initiator. */
  async function navigate({ from, isForm = false, ...first }: Navigation): Promise<Page> {
    let request: Request = { ...first, origin: from?.url.origin };
    const passed = from === undefined ? [] : [from.url.origin];
    for (let step = 0; step <= MAX_REDIRECTS; step += 1) {
      if (isForm && from !== undefined) {
        assertFormAction(from, request.url);
      }
      const crossSite = passed.some((origin) => origin !== request.url.origin);
      const answer = await raw({ ...request, crossSite });
      const location = answer.headers.get("location");
      if (answer.status < 300 || answer.status > 399 || location === null) {
        return toPage(request.url, answer);
      }
      passed.push(request.url.origin);
      request = redirect(request, answer.status, location);
    }
    throw new Error(`More than ${MAX_REDIRECTS} redirects, the last to ${request.url.pathname}.`);
  }
  return Object.assign(navigate, { raw });
}

/** Fetch Metadata: `none` is what a person typed. */
function nameSite(crossSite: boolean, origin: string | undefined): string {
  if (crossSite) {
    return "cross-site";
  }
  return origin === undefined ? "none" : "same-origin";
}

/** 307 and 308 would send the password on to another page: a sign-in has no use for them. */
function redirect({ url, origin }: Request, status: number, location: string): Request {
  if (![302, 303].includes(status)) {
    throw new Error(`${url.pathname} redirects with ${status}: expected 303.`);
  }
  return { url: new URL(location, url), method: "GET", origin };
}

async function toPage(url: URL, answer: Response): Promise<Page> {
  if (answer.status !== 200 || !isType(answer, "text/html")) {
    throw new Error(await explain(url, answer));
  }
  const html = await answer.text();
  const formAction = readFormAction(answer.headers.get("content-security-policy") ?? "");
  return { url, status: answer.status, html, text: visibleText(html), formAction };
}

function isType(answer: Response, type: string): boolean {
  return (answer.headers.get("content-type") ?? "").toLowerCase().startsWith(type);
}

async function explain(url: URL, answer: Response): Promise<string> {
  const type = answer.headers.get("content-type") ?? "no content type";
  const text = visibleText(await answer.text()).slice(0, 600);
  return `${url.origin}${url.pathname} answered ${answer.status} (${type}): ${text}`;
}

function readFormAction(policy: string): string[] {
  const directive = policy.split(";").find((part) => /^\s*form-action\b/i.test(part));
  return directive?.trim().split(/\s+/).slice(1) ?? ["*"];
}

/** Chromium holds `form-action` against the form's target and every redirect after it. */
function assertFormAction({ url: page, formAction }: Page, target: URL): void {
  const allowed = formAction.some(
    (source) =>
      source === "*" ||
      (source === "'self'" && target.origin === page.origin) ||
      source === target.protocol ||
      source.replace(/\/$/, "") === target.origin ||
      source === target.host,
  );
  if (!allowed) {
    const policy = formAction.join(" ");
    throw new Error(
      `A browser blocks the form of ${page.pathname} on its way to ${target.origin}: ` +
        `its Content-Security-Policy says form-action ${policy}.`,
    );
  }
}
