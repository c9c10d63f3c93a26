import {
  type Check,
  type Finding,
  NotCheckedError,
  notChecked,
  ok,
  runChecks,
} from "../checks/check.ts";
import type { Report } from "../checks/report.ts";
import { packageBytesCheck, type PackageDeps } from "../site/package-bytes.ts";
import { createSite } from "../site/site.ts";
import { readOutputsFile, type StackOutputs } from "../stack/outputs.ts";
import type { Pulumi } from "../stack/pulumi.ts";
import type { Az } from "./az.ts";
import { azureChecks } from "./azure-checks.ts";
import { consentCheck } from "./consent-check.ts";
import { readStackConfig } from "./configuration.ts";
import { deployerChecks, type DeployerDeps } from "./deployer-checks.ts";
import { once } from "./once.ts";
import { siteChecks } from "./site-checks.ts";
import { checkNode, stackChecks } from "./stack-checks.ts";

export type DoctorDeps = {
  pulumi: Pulumi;
  az: Az;
  /** Replaces the stack's outputs. */
  outputsFile: string | undefined;
  mend: boolean;
  hashOf: PackageDeps["hashOf"];
  record: DeployerDeps["record"];
  report: Report;
  env: NodeJS.ProcessEnv;
  nodeVersion: string;
};

/** Checks the machine, the stack and the deployer, then the deployed connector. */
export async function diagnose(deps: DoctorDeps): Promise<Finding[]> {
  const { pulumi, outputsFile, report } = deps;
  let outputs: StackOutputs | undefined;
  const node = { what: "Node", run: () => checkNode(deps.nodeVersion) };
  const before: Check[] =
    outputsFile === undefined
      ? [node, ...stackAndDeployer(deps), { what: "Deployed", needs: ["Stack"], run: fromStack }]
      : [node, { what: "Outputs", run: fromFile }];

  async function fromStack() {
    outputs = await pulumi.outputs({ showSecrets: true });
    return outputs
      ? ok(outputs.connectorUrl)
      : notChecked("nothing is deployed yet", "Once no check above fails: npm run up");
  }
  async function fromFile() {
    outputs = await readOutputsFile(outputsFile ?? "");
    return ok(outputs.connectorUrl);
  }

  const found = await runChecks(before, report);
  return outputs ? [...found, ...(await runChecks(deployedChecks(deps, outputs), report))] : found;
}

function stackAndDeployer({ pulumi, az, env, record }: DoctorDeps): Check[] {
  const stackConfig = once(() => pulumi.config());
  const config = once(async () => readStackConfig(await stackConfig()));
  return [
    ...stackChecks(pulumi, config),
    ...deployerChecks({ az, config, stackConfig, env, record }),
  ];
}

function deployedChecks(
  { pulumi, az, outputsFile, mend, hashOf }: DoctorDeps,
  outputs: StackOutputs,
): Check[] {
  const resources = once(async () => {
    if (outputsFile !== undefined) {
      throw new NotCheckedError("--outputs names no stack");
    }
    return pulumi.resources();
  });
  return [
    ...azureChecks({ az, resources, mend }),
    consentCheck(az, outputs.tenantId),
    packageBytesCheck({ outputs, hashOf }),
    ...siteChecks({ outputs, site: createSite(outputs) }),
  ];
}
