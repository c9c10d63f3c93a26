import { expect, it } from "vitest";
import { PROVENANCE } from "../testing/deliveries.ts";
import { GOLDEN_MEDIA, GOLDEN_PAGE } from "../testing/golden-posts.ts";
import { parsePage } from "../twitter/page.ts";
import { ITEM_MAPPING } from "./item.ts";

/**
 * Bytes of items are evidence: archives are verified by making them again. Whoever changes one raises
 * `ITEM_MAPPING.format`, so that archives made before are not taken for damaged; the new file of
 * golden items is written by the next run of this test, and the old one is deleted.
 */
it("An item's bytes change only together with the number of its format", async () => {
  const { format, toItem } = ITEM_MAPPING;
  const { posts, includes } = parsePage(GOLDEN_PAGE);
  const items = posts.map((post) =>
    toItem({
      post,
      includes,
      account: { id: "42", name: "Small" },
      media: GOLDEN_MEDIA,
      receivedAt: "2026-06-01T12:00:00.000Z",
      provenance: PROVENANCE,
    }),
  );
  const bytes = items.map((item) => `${JSON.stringify(item, null, 2)}\n`).join("");
  await expect(bytes).toMatchFileSnapshot(`golden/items-of-format-${format}.golden`);
});
