import { PLATFORM_APP_ID } from "../../app/import-service/authenticate.ts";
import { consentLink } from "../site/consent-link.ts";
import type { StackOutputs } from "../stack/outputs.ts";

/** One place where somebody does something: what to do, what to enter there, what to do then. */
export type Step = { title: string; before: string[]; fields: Field[]; after: string[] };
/** `isSecret`: the value is shown only on request, and stands on no sheet. */
export type Field = { label: string; value: string; isSecret?: true };

/** For whoever deploys. X's words: docs.x.com/fundamentals/developer-apps. */
export function deployerSteps(outputs: StackOutputs): Step[] {
  const { twitterCallbackUrl, statusUrl } = outputs;
  return [
    ...registrationSteps(outputs),
    {
      title: "At X's developer portal (console.x.com)",
      before: [
        "Create an app for your organization, or open the one that is there, and set up its user " +
          "authentication. Enter letter by letter:",
      ],
      fields: [
        { label: "App permissions", value: "Read only" },
        { label: "Type of App", value: "Web App" },
        { label: "Callback URI / Redirect URL", value: twitterCallbackUrl },
        { label: "Website URL", value: statusUrl },
      ],
      after: [
        "Generate API Key and Secret, and Access Token and Secret. Give all four to the stack; each " +
          "command asks for its value:",
        "  npx pulumi config set --secret twitterApiKey",
        "  npx pulumi config set --secret twitterApiSecretKey",
        "  npx pulumi config set --secret twitterAccessToken",
        "  npx pulumi config set --secret twitterAccessTokenSecret",
        "npm run up, and then npm run doctor.",
      ],
    },
  ];
}

/** A registration that the stack did not make has to be told to trust the site's identity. */
function registrationSteps({ azureAppId, federatedCredential }: StackOutputs): Step[] {
  if (!federatedCredential) {
    return [];
  }
  const { issuer, subject, audience } = federatedCredential;
  return [
    {
      title: "At the app registration, by its owner (entra.microsoft.com)",
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
      after: ["Press Validate connection. If it does not succeed, its message says what to do."],
    },
    {
      title: "Authorize Microsoft 365 to import data",
      before: [
        "A pop-up window opens with a page of the connector; allow pop-ups for the portal.",
        "Enter the Password once more. The page calls it APISecretKey.",
        "Press Login with Twitter, sign in at X as the account that is to be archived, and authorize the app.",
        "Compare the account that the connector shows, and confirm it.",
        'When the page says "Twitter Connector Job Successfully set up.", press Continue: the window closes.',
      ],
      fields: [],
      after: [],
    },
    {
      title: "Filters, mailbox and consent",
      before: [
        "Choose how old the first items may be, and the mailbox that they go to.",
        "As a global administrator, or together with one, give admin consent to the Import service of Microsoft 365:",
      ],
      fields: [
        { label: "Application ID", value: PLATFORM_APP_ID },
        { label: "Link to the consent", value: consentLink(tenantId) },
      ],
      after: ["Consent may also be given before, by this link.", "Press Finish."],
    },
    {
      title: "See that it works",
      before: [
        "The connector's status page shows jobs, windows and gaps to whoever has the Password:",
      ],
      fields: [{ label: "Status page", value: statusUrl }],
      after: ["The portal keeps its own log of each import for seven days."],
    },
  ];
}
