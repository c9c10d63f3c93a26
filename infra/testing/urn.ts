import type aliases from "@pulumi/pulumi/proto/alias_pb.js";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import type { Subject } from "./stand-in.ts";

/** `urn:pulumi:<stack>::<project>::<types of the parents>$<type>::<name>` */
export type Urn = string;

type ResourceScope = { stack: string; project: string };

const ROOT = "pulumi:pulumi:Stack";

export function urnOf(
  { stack, project }: ResourceScope,
  parent: Urn,
  { type, name }: Subject,
): Urn {
  const parents = parent.split("::")[2] ?? "";
  const types = parents === "" || parents === ROOT ? type : `${parents}$${type}`;
  return `urn:pulumi:${stack}::${project}::${types}::${name}`;
}

export function subjectOf(urn: Urn): Subject {
  const [, , types = "", name = ""] = urn.split("::");
  return { type: types.slice(types.lastIndexOf("$") + 1), name };
}

type Asking = ResourceScope & {
  /** What is registered so far under another URN than it had: the one it has, and the one it had. */
  renamed: ReadonlyMap<Urn, Urn>;
};

/**
 * The URNs that a resource may have had: those that it names, and where its parent has got another
 * name, those that follow from it (generateAliases of github.com/pulumi/pulumi, step_generator.go).
 */
export function formerUrns(asking: Asking, request: RegisterResourceRequest): Urn[] {
  const [parent, subject] = [request.getParent(), subjectIn(request)];
  const own = request.getAliasesList().map((alias) => urnOfAlias(asking, request, alias));
  const former = asking.renamed.get(parent);
  if (former === undefined) {
    return own;
  }
  const inherited = [subject, ...own.map(subjectOf)].map(({ type, name }) => {
    const [now, before] = [subjectOf(parent).name, subjectOf(former).name];
    const asBefore = name.startsWith(now) ? `${before}${name.slice(now.length)}` : name;
    return urnOf(asking, former, { type, name: asBefore });
  });
  return [...own, ...inherited];
}

function urnOfAlias(asking: Asking, request: RegisterResourceRequest, alias: aliases.Alias): Urn {
  const spec = alias.getSpec();
  if (!spec) {
    return alias.getUrn();
  }
  const { type, name } = subjectIn(request);
  const given = spec.getParenturn();
  const parent = given === "" ? request.getParent() : (asking.renamed.get(given) ?? given);
  const place = {
    stack: spec.getStack() || asking.stack,
    project: spec.getProject() || asking.project,
  };
  const subject = { type: spec.getType() || type, name: spec.getName() || name };
  return urnOf(place, spec.getNoparent() ? "" : parent, subject);
}

function subjectIn(request: RegisterResourceRequest): Subject {
  return { type: request.getType(), name: request.getName() };
}
