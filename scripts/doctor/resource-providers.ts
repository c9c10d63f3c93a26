import { z } from "zod";
import type { ProgramConfig } from "../../infra/config.ts";
import { failed, ok, type Verdict } from "../checks/check.ts";

/** Part of what learn.microsoft.com/rest/api/resources/providers/list answers. */
export const providersSchema = z.object({
  value: z.array(z.object({ namespace: z.string(), registrationState: z.string() })),
});

/** Beside Microsoft.Resources and Microsoft.Authorization, which every subscription has. */
const ALWAYS = [
  "Microsoft.Insights",
  "Microsoft.KeyVault",
  "Microsoft.ManagedIdentity",
  "Microsoft.OperationalInsights",
  "Microsoft.Storage",
  "Microsoft.Web",
];

/**
 * Whether the subscription knows the kinds of resources that the program makes. A new one does not,
 * and Pulumi's provider does not see to it (github.com/pulumi/pulumi-azure-native/issues/3479): an
 * `up` would end halfway.
 */
export function judgeProviders(
  { network }: Pick<ProgramConfig, "network">,
  { value }: z.infer<typeof providersSchema>,
): Verdict {
  const needed =
    network === "private-backend" ? [...ALWAYS, "Microsoft.Network"].toSorted() : ALWAYS;
  const registered = new Set(
    value
      .filter(({ registrationState }) => registrationState === "Registered")
      .map(({ namespace }) => namespace.toLowerCase()),
  );
  const missing = needed.filter((namespace) => !registered.has(namespace.toLowerCase()));
  return missing.length === 0
    ? ok(`all ${needed.length} are registered`)
    : failed(
        `not registered in the subscription: ${missing.join(", ")}`,
        missing.map((one) => `az provider register --wait --namespace ${one}`).join("; "),
      );
}
