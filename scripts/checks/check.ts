export type Result = "ok" | "warning" | "failed" | "not checked";

/** One line of a report: a check, its result, and the remedy. */
export type Finding = { what: string; result: Result; detail: string; remedy?: string };

export type Verdict = Omit<Finding, "what">;

export type Check = {
  what: string;
  /** Checks that must be ok before this one runs. */
  needs?: readonly string[];
  /** May throw MendableError or NotCheckedError, which facts that several checks share do. */
  run: () => Verdict | Promise<Verdict>;
};

/** A problem that a person can fix. Neither text holds a secret. */
export class MendableError extends Error {
  override name = "MendableError" as const;
  readonly remedy: string;

  constructor(message: string, remedy: string, options: ErrorOptions = {}) {
    super(message, options);
    this.remedy = remedy;
  }
}

/** A fact that is not available here, so the check has no result. */
export class NotCheckedError extends Error {
  override name = "NotCheckedError" as const;
  readonly remedy: string | undefined;

  constructor(message: string, remedy?: string) {
    super(message);
    this.remedy = remedy;
  }
}

export function ok(detail: string): Verdict {
  return { result: "ok", detail };
}

/** It works now, but will cause a problem later. */
export function warning(detail: string, remedy: string): Verdict {
  return { result: "warning", detail, remedy };
}

export function failed(detail: string, remedy: string): Verdict {
  return { result: "failed", detail, remedy };
}

export function notChecked(detail: string, remedy?: string): Verdict {
  return { result: "not checked", detail, ...(remedy !== undefined && { remedy }) };
}

/** Runs checks one after the other, and reports the start and end of each. */
export async function runChecks(
  checks: readonly Check[],
  report: { begin(what: string): void; end(finding: Finding): void },
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks) {
    report.begin(check.what);
    const finding = { what: check.what, ...(await judge(check, findings)) };
    report.end(finding);
    findings.push(finding);
  }
  return findings;
}

/** 0 unless a check failed; warnings and checks without a result do not count. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 {
  return findings.some(({ result }) => result === "failed") ? 1 : 0;
}

async function judge({ needs = [], run }: Check, before: Finding[]): Promise<Verdict> {
  const unmet = needs.find((need) => before.find(({ what }) => what === need)?.result !== "ok");
  if (unmet !== undefined) {
    return notChecked(`"${unmet}" comes first`);
  }
  try {
    return await run();
  } catch (error) {
    if (error instanceof MendableError) {
      return failed(error.message, error.remedy);
    }
    if (error instanceof NotCheckedError) {
      return notChecked(error.message, error.remedy);
    }
    throw error;
  }
}
