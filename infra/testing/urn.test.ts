import aliases from "@pulumi/pulumi/proto/alias_pb.js";
import messages from "@pulumi/pulumi/proto/resource_pb.js";
import { describe, expect, it } from "vitest";
import { formerUrns, subjectOf, urnOf } from "./urn.ts";

const PLACE = { stack: "dev", project: "it" };
const ROOT = "urn:pulumi:dev::it::pulumi:pulumi:Stack::it-dev";
const OLD = "urn:pulumi:dev::it::m365:Archive::archive";
const NEW = "urn:pulumi:dev::it::m365:Archive::evidence";

describe("a URN", () => {
  it("says what its resource lies in, but for the stack", () => {
    const archive = urnOf(PLACE, ROOT, { type: "m365:Archive", name: "archive" });
    expect(archive).toBe(OLD);
    const queue = urnOf(PLACE, archive, { type: "storage:Queue", name: "archive-work" });
    expect(queue).toBe("urn:pulumi:dev::it::m365:Archive$storage:Queue::archive-work");
    expect(subjectOf(queue)).toEqual({ type: "storage:Queue", name: "archive-work" });
  });
});

describe("the URNs that a resource may have had", () => {
  type Alias = { urn?: string; name?: string; type?: string; noParent?: boolean };

  it.each<[string, string, string, Alias[], string[]]>([
    ["of one without aliases", ROOT, "a:A::a", [], []],
    ["of a new name", ROOT, "a:A::b", [{ name: "a" }], ["a:A::a"]],
    ["of a new type", ROOT, "a:B::a", [{ type: "a:A" }], ["a:A::a"]],
    ["of a URN", ROOT, "a:A::b", [{ urn: "urn:pulumi:dev::it::a:A::a" }], ["a:A::a"]],
    ["of what lay in the stack", NEW, "a:A::a", [{ noParent: true }], ["a:A::a"]],
  ])("%s", (_, parent, now, given, before) => {
    const asking = { ...PLACE, renamed: new Map<string, string>() };
    const found = formerUrns(asking, request(parent, now, given));
    expect(found).toEqual(before.map((end) => `urn:pulumi:dev::it::${end}`));
  });

  it.each<[string, string, Alias[], string[]]>([
    ["with its name", "a:A::evidence-a", [], ["m365:Archive$a:A::archive-a"]],
    ["without its name", "a:A::a", [], ["m365:Archive$a:A::a"]],
    [
      "with aliases of their own",
      "a:A::evidence-b",
      [{ name: "evidence-a" }],
      [
        "m365:Archive$a:A::evidence-a",
        "m365:Archive$a:A::archive-b",
        "m365:Archive$a:A::archive-a",
      ],
    ],
  ])(
    "follow, for children of a renamed component, from its old name (%s)",
    (_, now, given, urns) => {
      const asking = { ...PLACE, renamed: new Map([[NEW, OLD]]) };
      const found = formerUrns(asking, request(NEW, now, given));
      expect(found).toEqual(urns.map((end) => `urn:pulumi:dev::it::${end}`));
    },
  );

  /** As the SDK sends it: an alias that says no parent is sent with the resource's own. */
  function request(parent: string, typeAndName: string, given: Alias[]) {
    const [type = "", name = ""] = typeAndName.split("::");
    const sent = given.map(({ urn, noParent = false, ...spec }) => {
      if (urn !== undefined) {
        return new aliases.Alias().setUrn(urn);
      }
      const message = new aliases.Alias.Spec().setName(spec.name ?? "").setType(spec.type ?? "");
      return new aliases.Alias().setSpec(
        noParent ? message.setNoparent(true) : message.setParenturn(parent),
      );
    });
    return new messages.RegisterResourceRequest()
      .setType(type)
      .setName(name)
      .setParent(parent)
      .setAliasesList(sent);
  }
});
