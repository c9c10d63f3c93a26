import { TWITTER_SETTINGS, type Settings } from "../settings.ts";

export type Health = {
  version: string;
  packageHash: string;
  missing: string[];
  /** Whether the process can work. Before the X developer app is there it can, and has nothing to do. */
  isAble: boolean;
};

/** What stands in the way of work, as far as the process itself can tell. No secret, no account. */
export function readHealth({
  settings,
  troubles,
  version,
  packageHash,
}: {
  settings: Settings;
  /** What keeps the worker from its work. */
  troubles: string[];
  version: string;
  packageHash: string;
}): Health {
  const missing = [
    ...(TWITTER_SETTINGS.some((name) => settings[name] === undefined)
      ? [
          "The four Twitter values: create the X developer app, set twitterApiKey, " +
            "twitterApiSecretKey, twitterAccessToken and twitterAccessTokenSecret in the stack's " +
            "configuration, and run npm run up again.",
        ]
      : []),
    ...troubles,
  ];
  return { version, packageHash, missing, isAble: troubles.length === 0 };
}
