import { createHmac, randomBytes, randomInt } from "node:crypto";
import { z } from "zod";
import { invalidRequest, Refusal } from "./problems.ts";

/** Where X brings events to. */
export type Webhook = { id: string; url: string; valid: boolean; created_at: string };

export type Webhooks = {
  all(): Webhook[];
  find(id: string): Webhook | undefined;
  /** Takes it only if whoever is there proves that it knows the app's secret. */
  add(url: string): Promise<Webhook>;
  /** Lets it prove that again. */
  validate(id: string): Promise<Webhook>;
  remove(id: string): void;
  /** Brings a body to a webhook that is valid; resolves to the status, undefined: there was no answer. */
  deliver(id: string, body: object): Promise<number | undefined>;
};

const MOST_WEBHOOKS = 1;
const MOST_URL_CHARACTERS = 200;
/** Both of the challenge and of a delivery. */
const ANSWER_MS = 10_000;

const challengeAnswer = z.object({ response_token: z.string() });

export function createWebhooks(secret: string, now: () => number): Webhooks {
  const webhooks = new Map<string, Webhook>();
  const sign = (text: string) =>
    `sha256=${createHmac("sha256", secret).update(text).digest("base64")}`;

  /** The challenge: whoever answers signs a text that it has not seen before. */
  async function isAnswered(url: string): Promise<boolean> {
    const token = randomBytes(24).toString("base64url");
    const address = new URL(url);
    address.searchParams.set("crc_token", token);
    try {
      const answer = await fetch(address, {
        redirect: "manual",
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      const said = challengeAnswer.safeParse(await answer.json());
      return answer.ok && said.data?.response_token === sign(token);
    } catch {
      return false;
    }
  }

  function requireKnown(id: string): Webhook {
    const webhook = webhooks.get(id);
    if (webhook === undefined) {
      throw failure("webhook_id", id, "WebhookIdInvalid");
    }
    return webhook;
  }

  return {
    all: () => [...webhooks.values()],
    find: (id) => webhooks.get(id),
    async add(url) {
      if (!isAllowed(url)) {
        throw failure("url", url, "UrlValidationFailed");
      }
      if ([...webhooks.values()].some((one) => one.url === url)) {
        throw failure("url", url, "DuplicateUrlFailed");
      }
      if (webhooks.size >= MOST_WEBHOOKS) {
        throw failure("url", url, "WebhookLimitExceeded");
      }
      if (!(await isAnswered(url))) {
        throw failure("url", url, "CrcValidationFailed");
      }
      const id = `19${randomInt(10 ** 12, 10 ** 13)}`;
      const webhook = { id, url, valid: true, created_at: new Date(now()).toISOString() };
      webhooks.set(id, webhook);
      return webhook;
    },
    async validate(id) {
      const webhook = requireKnown(id);
      webhook.valid = await isAnswered(webhook.url);
      if (!webhook.valid) {
        throw failure("webhook_id", id, "CrcValidationFailed");
      }
      return webhook;
    },
    remove: (id) => void webhooks.delete(requireKnown(id).id),
    async deliver(id, body) {
      const webhook = webhooks.get(id);
      if (webhook?.valid !== true) {
        return undefined;
      }
      const text = JSON.stringify(body);
      const answer = await fetch(webhook.url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-twitter-webhooks-signature": sign(text),
        },
        body: text,
        redirect: "manual",
        signal: AbortSignal.timeout(ANSWER_MS),
      }).catch(() => undefined);
      await answer?.body?.cancel();
      return answer?.status;
    },
  };
}

/** Of the real X, https without a port; on this machine, as everywhere here, plain http will do. */
function isAllowed(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHere = url?.protocol === "http:" && url.hostname === "127.0.0.1";
  const isPublic = url?.protocol === "https:" && !/^https:\/\/[^/]*:\d/.test(text);
  return text.length <= MOST_URL_CHARACTERS && (isHere || isPublic);
}

function failure(parameter: string, value: string, reason: string): Refusal {
  return new Refusal(invalidRequest(parameter, value, reason));
}
