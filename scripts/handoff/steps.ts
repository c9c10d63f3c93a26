import { PLATFORM_APP_ID } from "../../app/import-service/authenticate.ts";
import { consentLink } from "../site/consent-link.ts";
import type { StackOutputs } from "../stack/outputs.ts";

/** One step: what to do, what to enter, what to do afterwards. */
export type Step = { title: string; before: string[]; fields: Field[]; after: string[] };
/** `isSecret`: the value is shown only on request, and never on a sheet. */
export type Field = { label: string; value: string; isSecret?: true };

/** For the deployer. Labels are X's: docs.x.com/fundamentals/developer-apps. */
export function deployerSteps(outputs: StackOutputs): Step[] {
  const { twitterCallbackUrl, statusUrl } = outputs;
  return [
    ...registrationSteps(outputs),
    {
      title: "In X's developer portal (console.x.com)",
      before: [
        "Create an app for your organization, or open the existing one, and set up its user " +
          "authentication. Enter exactly:",
      ],
      fields: [
        { label: "App permissions", value: "Read only" },
        { label: "Type of App", value: "Web App" },
        { label: "Callback URI / Redirect URL", value: twitterCallbackUrl },
        { label: "Website URL", value: statusUrl },
      ],
      after: [
        "Generate API Key and Secret, and Access Token and Secret. Set all four in the stack; each " +
          "command asks for its value:",
        "  npx pulumi config set --secret twitterApiKey",
        "  npx pulumi config set --secret twitterApiSecretKey",
        "  npx pulumi config set --secret twitterAccessToken",
        "  npx pulumi config set --secret twitterAccessTokenSecret",
        "Then run npm run up and npm run doctor.",
      ],
    },
  ];
}

/** An existing registration must be configured to trust the site's identity. */
function registrationSteps({ azureAppId, federatedCredential }: StackOutputs): Step[] {
  if (!federatedCredential) {
    return [];
  }
  const { issuer, subject, audience } = federatedCredential;
  return [
    {
      title: "In the app registration, by its owner (entra.microsoft.com)",
      before: [
        "App registrations > the app > Certificates & secrets > Federated credentials > Add " +
          "credential > Other issuer. Enter:",
      ],
      fields: [
        { label: "Application (client) ID", value: azureAppId },
        { label: "Issuer", value: issuer },
        { label: "Value (subject identifier)", value: subject },
        { label: "Name", value: "connector" },
        { label: "Audience", value: audience },
      ],
      after: [],
    },
  ];
}

/**
 * For the compliance administrator, in the portal's own labels and order
 * (docs/portal-contract.md#set-up).
 */
export function administratorSteps({ portal, statusUrl, tenantId }: StackOutputs): Step[] {
  return [
    {
      title: "Add the connector",
      before: [
        "In the Microsoft Purview compliance portal, as somebody with the role Data Connector " +
          "Admin: Data connectors > Twitter > Add connector. Enter:",
      ],
      fields: [
        { label: "Name", value: portal.Name },
        { label: "Connector URL", value: portal["Connector URL"] },
        { label: "Password", value: portal.Password, isSecret: true },
        { label: "Azure App ID", value: portal["Azure App ID"] },
      ],
      after: ["Press Validate connection. If it fails, its message says what to do."],
    },
    {
      title: "Authorize Microsoft 365 to import data",
      before: [
        "A pop-up window with a page of the connector opens; allow pop-ups for the portal.",
        "Enter the Password once more. The page calls it APISecretKey.",
        "Press Login with Twitter, sign in at X as the account to be archived, and authorize the app.",
        "Check the account that the connector shows, and confirm it.",
        'When the page says "Twitter Connector Job Successfully set up.", press Continue: the window closes.',
      ],
      fields: [],
      after: [],
    },
    {
      title: "Filters, mailbox and consent",
      before: [
        "Choose how old the first items may be, and their mailbox.",
        "As a global administrator, or together with one, give admin consent to the Import service of Microsoft 365:",
      ],
      fields: [
        { label: "Application ID", value: PLATFORM_APP_ID },
        { label: "Link to the consent", value: consentLink(tenantId) },
      ],
      after: ["You can also give consent earlier with this link.", "Press Finish."],
    },
    {
      title: "Check that it works",
      before: [
        "The connector's status page shows jobs, windows and gaps. Sign in with the Password:",
      ],
      fields: [{ label: "Status page", value: statusUrl }],
      after: ["The portal keeps its own log of each import for seven days."],
    },
  ];
}
