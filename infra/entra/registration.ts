import * as azuread from "@pulumi/azuread";
import * as pulumi from "@pulumi/pulumi";
import { passwordTurns } from "./rotation.ts";

/** A trust of the registration in the site's identity (Entra: federated identity credential). */
export type Federation = {
  issuer: pulumi.Input<string>;
  subject: pulumi.Input<string>;
  audience: string;
};

export const EXCHANGE_AUDIENCE = "api://AzureADTokenExchange";

export type RegistrationArgs = {
  /** No other registration in the tenant has it. */
  displayName: string;
  /** Undefined: a client secret, in turns of `rotateDays`. */
  federation: Federation | undefined;
  rotateDays: number;
  now: Date;
  /** Told of each new credential: Entra takes a while to know it everywhere. */
  hooks: pulumi.ResourceHookBinding;
};

/**
 * The connector's app registration: what the portal calls "Azure App ID", and what the connector
 * reports completions as. It needs no permission, no redirect URI and no user.
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
    // Whoever may manage only what is theirs has to own it from the start. Another one who deploys
    // later is no reason to take it from them.
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
      // The identifier URI needs the client id, so it is a resource of its own.
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
