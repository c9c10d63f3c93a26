import { createHash } from "node:crypto";
import type { Store } from "../archive/store.ts";
import { withContext } from "../capture/pages.ts";
import { mediaOf } from "../delivery/attachments.ts";
import type { ItemParts } from "../delivery/item.ts";
import type { Item } from "../import-service/item.ts";
import { type Page, parsePage } from "../twitter/page.ts";
import type { Deliverable, OpenPage, TimelineFeed } from "./feed.ts";

/** Opens a stored page of posts. What stands beside it is read only for posts that are handed over. */
export async function openPageOfPosts(
  store: Store,
  name: string,
  { feed, toItem }: { feed: TimelineFeed; toItem: (parts: ItemParts) => Item },
): Promise<OpenPage | undefined> {
  const blob = await store.read(name);
  if (!blob) {
    return undefined;
  }
  const receivedAt = blob.metadata["receivedat"] ?? "";
  const bare = parsePage(blob.body);
  let whole: Promise<Page> | undefined;
  return {
    receivedAt,
    sha256: createHash("sha256").update(blob.body).digest("hex"),
    records: bare.posts,
    async find(id): Promise<Deliverable | undefined> {
      whole ??= feed
        .readContext(store, { name, page: bare })
        .then((context) => withContext(bare, context));
      const { posts, includes } = await whole;
      // An earlier version of an edited post is sent along with the newest.
      const post = posts.find((one) => one.id === id) ?? includes.posts.get(id);
      return (
        post && {
          id,
          createdAt: post.createdAt,
          media: mediaOf(post, includes),
          toItem: (parts) => toItem({ ...parts, post, includes, receivedAt }),
        }
      );
    },
  };
}
