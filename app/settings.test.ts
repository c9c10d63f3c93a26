import { describe, expect, it } from "vitest";
import { readSettings, SettingsError, TWITTER_SETTINGS } from "./settings.ts";
import { testEnvironment } from "./testing/environment.ts";

describe("readSettings", () => {
  it("accepts what the program wires", () => {
    const settings = readSettings(testEnvironment());
    expect(settings.STATE_CONTAINER_URL).toBe("https://archive.blob.core.windows.net/state");
    expect(settings.X_VOCABULARY).toBe("tweet");
    expect(settings.SEALING_KEYS).toHaveLength(1);
  });

  it("names every problem at once, each with its remedy, and quotes no value", () => {
    const env = {
      ...testEnvironment(),
      TENANT_ID: "not-a-guid",
      AZURE_APP_ID: undefined,
      API_SECRET_KEY: "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/s/1)",
      SEALING_KEYS: '{"keys":"s3cr3t"}',
      X_API_URL: "http://x.example",
    };
    const problems = problemsOf(env);
    expect(problems).toHaveLength(5);
    expect(problems.map((problem) => problem.split(/[ :]/)[0])).toEqual([
      "API_SECRET_KEY",
      "TENANT_ID",
      "AZURE_APP_ID",
      "X_API_URL",
      "SEALING_KEYS",
    ]);
    expect(problems.join("\n")).not.toMatch(/s3cr3t|vault\.azure\.net/);
    expect(problems.every((problem) => /npm run up/.test(problem))).toBe(true);
  });

  it("starts without the four Twitter values, and refuses some of them", () => {
    const env = testEnvironment();
    for (const name of TWITTER_SETTINGS) {
      delete env[name];
    }
    expect(readSettings(env).TWITTER_API_KEY).toBeUndefined();
    expect(problemsOf({ ...env, TWITTER_API_KEY: "one" })[0]).toMatch(
      /TWITTER_API_SECRET_KEY, TWITTER_ACCESS_TOKEN, TWITTER_ACCESS_TOKEN_SECRET: missing/,
    );
  });

  it.each(["CONNECTOR_URL", "X_API_URL", "ENTRA_URL", "PLATFORM_URL", "WORK_QUEUE_URL"])(
    "counts what is no address as a problem among others: %s",
    (name) => {
      const problems = problemsOf({ ...testEnvironment(), TENANT_ID: "no", [name]: "no address" });
      const told = new Set(problems.map((problem) => problem.split(" ")[0]));
      expect(told).toEqual(new Set([name, "TENANT_ID"]));
      expect(problems).toHaveLength(2);
    },
  );

  it("counts an empty value as absent", () => {
    expect(problemsOf({ ...testEnvironment(), TENANT_ID: "" })[0]).toMatch(/TENANT_ID.*is missing/);
  });
});

function problemsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    readSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) {
      return error.problems;
    }
    throw error;
  }
  return [];
}
