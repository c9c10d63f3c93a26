import { describe, expect, it } from "vitest";
import { archiveLifecycle } from "./lifecycle.ts";

const NOTHING_ASKED = { immutabilityLocked: false };

describe("archiveLifecycle", () => {
  it("leaves evidence alone unless asked", () => {
    const rules = archiveLifecycle(NOTHING_ASKED);
    expect(rules.map(({ name }) => name)).toEqual(["versions-of-state", "abandoned-sign-ins"]);
    expect(JSON.stringify(rules)).not.toContain("evidence");
  });

  it("moves and deletes evidence, and nothing else, when asked", () => {
    const [evidence] = archiveLifecycle({
      ...NOTHING_ASKED,
      coolAfterDays: 30,
      archiveAfterDays: 180,
      deleteAfterDays: 2555,
    });
    expect(evidence).toMatchObject({
      name: "evidence",
      definition: {
        filters: { prefixMatch: ["archive/evidence/"], blobTypes: ["blockBlob"] },
        actions: {
          baseBlob: {
            tierToCool: { daysAfterModificationGreaterThan: 30 },
            tierToArchive: {
              daysAfterModificationGreaterThan: 180,
              daysAfterLastTierChangeGreaterThan: 30,
            },
            delete: { daysAfterModificationGreaterThan: 2555 },
          },
          version: { delete: { daysAfterCreationGreaterThan: 2555 } },
        },
      },
    });
  });

  it("deletes sign-ins that were begun and never ended, versions too, after a day", () => {
    expect(archiveLifecycle(NOTHING_ASKED)[1]).toMatchObject({
      enabled: true,
      definition: {
        filters: { prefixMatch: ["archive/sign-ins/"] },
        actions: {
          baseBlob: { delete: { daysAfterModificationGreaterThan: 1 } },
          version: { delete: { daysAfterCreationGreaterThan: 1 } },
        },
      },
    });
  });

  it("keeps versions of state for as long as they are immutable", () => {
    const rules = archiveLifecycle({ ...NOTHING_ASKED, immutabilityDays: 2190 });
    expect(rules[0]).toMatchObject({
      definition: { actions: { version: { delete: { daysAfterCreationGreaterThan: 2190 } } } },
    });
  });
});
