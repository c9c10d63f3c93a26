/** Starts a program of this repository and waits for its end. @returns its exit code. */
export type Start = (command: readonly string[], env: Record<string, string>) => Promise<number>;

const PULUMI = "node_modules/pulumi/run.js";
/** Options with which `pulumi up` deploys nothing. */
const DEPLOYS_NOTHING = new Set(["-h", "--help", "--preview-only"]);

/**
 * Deploys with the given options of `pulumi up`; then publishes the package, if the site does not fetch
 * it, and shows what to do next. npm's own `postup` would be skipped where `ignore-scripts` is set.
 * @returns the exit code of the first step that fails, else 0.
 */
export async function deploy(options: readonly string[], start: Start): Promise<number> {
  const afterwards = options.some((option) => DEPLOYS_NOTHING.has(option))
    ? []
    : [["scripts/push.ts"], ["scripts/next.ts"]];
  const env = stackIn(options);
  for (const command of [[PULUMI, "up", ...options], ...afterwards]) {
    const code = await start(command, env);
    if (code !== 0) {
      return code;
    }
  }
  return 0;
}

/** The stack that the options name, in the form that Pulumi also takes from the environment. */
function stackIn(options: readonly string[]): Record<string, string> {
  const at = options.findIndex((option) => /^(?:--stack|-s)(?:=|$)/.test(option));
  const [, inOne] = /=(.*)/.exec(options[at] ?? "") ?? [];
  const stack = inOne ?? (at < 0 ? undefined : options[at + 1]);
  return stack === undefined ? {} : { PULUMI_STACK: stack };
}
