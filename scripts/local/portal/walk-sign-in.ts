import type { Browser, Page } from "./browser.ts";
import type { Button, Form } from "./html-forms.ts";
import { readForms, readLinks } from "./html-forms.ts";

export type SignIn = {
  /** The page that the portal opens: preview/OnJobCreating with jobId and tenantId. */
  start: URL;
  password: string;
  /** Handle of the account to archive, without @. */
  handle: string;
};

/** What the last page says when the job is set up (docs/portal-contract.md#set-up). */
export const SET_UP = "Twitter Connector Job Successfully set up.";

/**
 * Walks the sign-in as the administrator does, without script: password, "Login with Twitter",
 * "Authorize app" on X's page, the confirmation with the account's handle. Throws with the page's
 * visible text at the first page that does not offer the next step.
 */
export async function walkSignIn(browser: Browser, signIn: SignIn): Promise<Page> {
  const { start, password, handle } = signIn;
  const first = await browser.open(start);
  const open = await enterPassword(browser, first, password);
  const onX = await press(browser, open, LOGIN);
  const back = onX.url.origin === start.origin ? onX : await authorize(browser, onX, handle);
  if (back.url.origin !== start.origin) {
    throw lost(back, `X did not lead back to ${start.origin}`);
  }
  if (!new RegExp(`@${handle}(?!\\w)`, "i").test(back.text)) {
    throw lost(back, `no @${handle} to confirm`);
  }
  const done = await press(browser, back, CONFIRM);
  if (!done.text.includes(SET_UP)) {
    throw lost(done, `no "${SET_UP}"`);
  }
  return done;
}

const LOGIN = /^login with twitter$/i;
const AUTHORIZE = /^authorize app$/i;
const ACCOUNT_FIELD = "username";
/** The words are the connector's own: a button that says yes, and does not say no. */
const CONFIRM =
  /^(?=.*\b(yes|confirm|archive|connect|use|set up|finish|continue|right)\b)(?!.*\b(cancel|not|no|another|different|back|again|out)\b)/i;

async function enterPassword(browser: Browser, page: Page, password: string): Promise<Page> {
  const form = readForms(page.html).find((each) => each.password !== undefined);
  const button = form?.buttons[0];
  if (form?.password === undefined || button === undefined) {
    throw lost(page, "no form with a password field and a button");
  }
  if (form.method !== "POST") {
    throw lost(page, "the password would be sent in the address: its form is not method=post");
  }
  return browser.submit(page, form, { button, filled: [[form.password, password]] });
}

/** Says on X's page which account it is, where X asks, and agrees. */
async function authorize(browser: Browser, page: Page, handle: string): Promise<Page> {
  const found = findButton(readForms(page.html), AUTHORIZE);
  if (found === undefined) {
    throw lost(page, `no button ${AUTHORIZE.source}`);
  }
  const asks = found.form.fields.some(([name]) => name === ACCOUNT_FIELD);
  return browser.submit(page, found.form, {
    button: found.button,
    filled: asks ? [[ACCOUNT_FIELD, handle]] : [],
  });
}

/** Presses the button of that label, or follows the link. */
async function press(browser: Browser, page: Page, label: RegExp): Promise<Page> {
  const found = findButton(readForms(page.html), label);
  if (found !== undefined) {
    return browser.submit(page, found.form, { button: found.button });
  }
  const link =
    label === CONFIRM ? undefined : readLinks(page.html).find((a) => label.test(a.label));
  if (link === undefined) {
    throw lost(page, `no button ${label.source}`);
  }
  return browser.follow(page, link.href);
}

function findButton(forms: Form[], label: RegExp): { form: Form; button: Button } | undefined {
  return forms
    .flatMap((form) => form.buttons.map((button) => ({ form, button })))
    .find(({ button }) => label.test(button.label));
}

function lost(page: Page, what: string): Error {
  return new Error(`Sign-in at ${page.url.pathname}: ${what}. The page says:\n${page.text}`);
}
