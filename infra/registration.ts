import * as azuread from "@pulumi/azuread";
import * as pulumi from "@pulumi/pulumi";

/**
 * The connector's app registration: what the portal calls "Azure App ID", and what the connector
 * reports completions as. It needs no permission, no redirect URI and no user.
 */
export class Registration extends pulumi.ComponentResource {
  readonly clientId: pulumi.Output<string>;
  readonly clientSecret: pulumi.Output<string>;

  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("m365:connector:Registration", name, {}, opts);
    const application = new azuread.Application(
      `${name}-application`,
      {
        displayName: `${pulumi.getProject()}-${pulumi.getStack()}`,
        signInAudience: "AzureADMyOrg",
        preventDuplicateNames: true,
      },
      // The identifier URI needs the client id, so it is a resource of its own.
      { parent: this, ignoreChanges: ["identifierUris"] },
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
      { clientId: application.clientId },
      { parent: this },
    );
    const password = new azuread.ApplicationPassword(
      `${name}-password`,
      { applicationId: application.id, displayName: "connector" },
      { parent: this, dependsOn: [identifierUri, principal] },
    );
    this.clientId = application.clientId;
    this.clientSecret = pulumi.secret(password.value);
    this.registerOutputs({ clientId: this.clientId });
  }
}
