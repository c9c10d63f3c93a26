import * as azuread from "@pulumi/azuread";
import * as pulumi from "@pulumi/pulumi";
import { passwordTurns } from "./rotation.ts";

/** A federated identity credential: the registration trusts the site's identity. */
export type Federation = {
  issuer: pulumi.Input<string>;
  subject: pulumi.Input<string>;
  audience: string;
};

export const EXCHANGE_AUDIENCE = "api://AzureADTokenExchange";

export type RegistrationArgs = {
  /** Unique in the tenant. */
  displayName: string;
  /** Undefined: client secrets, replaced every `rotateDays`. */
  federation: Federation | undefined;
  rotateDays: number;
  now: Date;
  /** Called for each new credential, which takes a while to propagate in Entra. */
  hooks: pulumi.ResourceHookBinding;
};

/**
 * The connector's app registration: the portal's "Azure App ID", and the identity that sends completions.
 * It needs no permission, no redirect URI and no user.
 */
export class Registration extends pulumi.ComponentResource {
  readonly clientId: pulumi.Output<string>;
  /** Undefined where the registration trusts the site's identity. */
  readonly clientSecret: pulumi.Output<string> | undefined;
  /** ISO 8601. */
  readonly secretEndDate: string | undefined;
  /** Without these Entra gives the site no token. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: RegistrationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("m365:connector:Registration", name, {}, opts);
    // Deployers who may manage only their own applications must be owner from the start. A later
    // deployer does not replace them.
    const deployer = azuread.getClientConfigOutput({ parent: this });
    const owners = [deployer.objectId];
    const application = new azuread.Application(
      `${name}-application`,
      {
        displayName: args.displayName,
        signInAudience: "AzureADMyOrg",
        preventDuplicateNames: true,
        owners,
      },
      // A separate resource, because the identifier URI contains the client id.
      { parent: this, ignoreChanges: ["identifierUris", "owners"] },
    );
    const identifierUri = new azuread.ApplicationIdentifierUri(
      `${name}-identifier-uri`,
      {
        applicationId: application.id,
        identifierUri: pulumi.interpolate`api://${application.clientId}`,
      },
      { parent: this },
    );
    const principal = new azuread.ServicePrincipal(
      `${name}-principal`,
      { clientId: application.clientId, owners },
      { parent: this, ignoreChanges: ["owners"] },
    );
    const child = { parent: this, dependsOn: [identifierUri, principal], hooks: args.hooks };
    this.clientId = application.clientId;
    this.ready = [principal];
    if (args.federation) {
      const { issuer, subject, audience } = args.federation;
      const federated = new azuread.ApplicationFederatedIdentityCredential(
        `${name}-federation`,
        {
          applicationId: application.id,
          displayName: "connector",
          description: "The connector's site shows its managed identity instead of a secret",
          issuer,
          subject,
          audiences: [audience],
        },
        child,
      );
      this.ready.push(federated);
    } else {
      const { current, ...turns } = passwordTurns(args.now, args.rotateDays);
      const passwordOf = (turn: "even" | "odd") =>
        new azuread.ApplicationPassword(
          `${name}-password-${turn}`,
          {
            applicationId: application.id,
            displayName: `connector-${turn}`,
            endDate: turns[turn].endDate,
            rotateWhenChanged: { period: String(turns[turn].period) },
          },
          child,
        );
      const passwords = { even: passwordOf("even"), odd: passwordOf("odd") };
      this.clientSecret = pulumi.secret(passwords[current].value);
      this.secretEndDate = turns[current].endDate;
    }
    this.registerOutputs({ clientId: this.clientId });
  }
}
