import { describe, expect, it } from "vitest";
import { z } from "zod";
import { names, type Place, placeOf } from "../app/archive/names.ts";
import { archiveLifecycle } from "./lifecycle.ts";

const NOTHING_ASKED = {};
const ruleSchema = z.object({
  definition: z.object({
    filters: z.object({ prefixMatch: z.array(z.string()) }),
    actions: z.record(z.string(), z.unknown()),
  }),
});

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
        filters: { prefixMatch: ["evidence/"], blobTypes: ["blockBlob"] },
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
        filters: { prefixMatch: ["state/sign-ins/"] },
        actions: {
          baseBlob: { delete: { daysAfterModificationGreaterThan: 1 } },
          version: { delete: { daysAfterCreationGreaterThan: 1 } },
        },
      },
    });
  });

  it("ends the old versions of every name that is not evidence", () => {
    const prefixes = archiveLifecycle(NOTHING_ASKED)
      .map((rule) => ruleSchema.parse(rule).definition)
      .filter(({ actions }) => "version" in actions)
      .flatMap(({ filters }) => filters.prefixMatch);
    // Whatever a name is made of: the name of a feed among it.
    const anything = Object.assign("x", { jobId: "x", feed: { name: "f" } });
    const places = Object.values(names).map((toName) => {
      const name: unknown = Reflect.apply(toName, undefined, [anything, "y", "z"]);
      return placeOf(z.string().parse(name));
    });
    const isEnded = ({ container, blob }: Place) =>
      prefixes.some((prefix) => `${container}/${blob}`.startsWith(prefix));
    const states = places.filter(({ container }) => container === "state");
    expect(states.length).toBeGreaterThan(15);
    expect(states.filter((place) => !isEnded(place))).toEqual([]);
    expect(places.filter((place) => place.container === "evidence" && isEnded(place))).toEqual([]);
  });
});
