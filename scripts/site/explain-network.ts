import { MendableError } from "../checks/check.ts";

const EXPLANATIONS: Record<string, [says: string, remedy: string]> = {
  ENOTFOUND: [
    "its name is not known",
    "Is the site deployed, and the domain name's CNAME set? npm run up",
  ],
  EAI_AGAIN: ["its name cannot be looked up now", "Try again when this machine has a name server"],
  ECONNREFUSED: [
    "nothing listens there",
    "Start the site; the local system runs with npm run local",
  ],
  UND_ERR_CONNECT_TIMEOUT: [
    "it cannot be reached",
    "Is there a firewall between this machine and the site?",
  ],
};
const UNTRUSTED =
  /^(?:CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|ERR_TLS_CERT)/;
const TIME_OUT = /^(?:TimeoutError|AbortError)$/;

/** Why a request got no answer, in words; the address is named without its query. */
export function explainNetwork(error: unknown, url: URL): MendableError {
  const where = `${url.origin}${url.pathname}`;
  const code = codeOf(error);
  const [says, remedy] = EXPLANATIONS[code] ?? explain(code);
  return new MendableError(`${where} does not answer: ${says}`, remedy, { cause: error });
}

function explain(code: string): [says: string, remedy: string] {
  if (UNTRUSTED.test(code)) {
    return [
      `its certificate is not trusted here (${code})`,
      "Behind a proxy that looks into TLS, name its CA: NODE_EXTRA_CA_CERTS=FILE",
    ];
  }
  return TIME_OUT.test(code)
    ? ["it takes too long", "Look at the site's log; restart the site"]
    : [`the connection failed (${code})`, "Try again; look at the site's log"];
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return typeof error;
  }
  const code: unknown = Reflect.get(error.cause ?? error, "code");
  return typeof code === "string" ? code : error.name;
}
