import { expect, it } from "vitest";
import { importCompletion } from "./import-completion.ts";
import type { Mailbox } from "./mailbox.ts";
import { createMemoryContainers } from "./testing/memory-containers.ts";
import { sampleItem } from "./testing/samples.ts";

const MODIFIED = "2026-03-01T10:00:05Z";

const MAILBOX: Mailbox = {
  directory: "nowhere",
  earlier: new Set(),
  versions: () => [],
  meetEarlier: () => false,
  add: async ({ Id }) => `${Id}.eml`,
};

it.each([
  ["where nobody may overwrite, and no other", "c", ["7.json", "gone-7.json", "7-b.json"]],
  ["nowhere else", "w", []],
])(
  "A file that a second one of its post replaces need not be listed %s",
  async (_, sp, unlisted) => {
    const listed = { "7-b-c.json": "7", "gone-7-b.json": "gone-7" };
    const others = ["7.json", "7-b.json", "gone-7.json", "70.json", "b.json"];
    const findings = await importFiles({ permissions: sp, listed, others });
    const found = others.filter((name) => !unlisted.includes(name));
    expect(findings).toEqual(found.map((name) => `j/t/${name}`));
  },
);

async function importFiles(container: {
  permissions: string;
  listed: Record<string, string>;
  others: string[];
}): Promise<(string | undefined)[]> {
  const { permissions, listed, others } = container;
  const containers = createMemoryContainers({ permissions });
  const made = await containers.createContainer("a");
  others.forEach((name) => containers.upload(made.sasUri, `j/t/${name}`, "{}"));
  for (const [name, id] of Object.entries(listed)) {
    containers.upload(made.sasUri, `j/t/${name}`, JSON.stringify(sampleItem({ Id: id })));
  }
  const window = { start: "2026-03-01T10:00:00Z", end: "2026-03-01T11:00:00Z" };
  const { accepted, findings } = await importCompletion(
    { jobId: "j", taskId: "t", window, container: made },
    {
      taskId: "t",
      status: 0,
      itemMetadata: Object.entries(listed).map(([fileName, id]) => ({
        id,
        fileName,
        modificationTimestampUtc: MODIFIED,
      })),
    },
    MAILBOX,
  );
  expect(accepted.map(({ postId }) => postId)).toEqual(Object.values(listed));
  return findings.map(({ fileName }) => fileName);
}
