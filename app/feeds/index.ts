import { ConnectorError } from "../errors.ts";
import type { Feed, TimelineFeed } from "./feed.ts";
import { MENTIONS } from "./mentions.ts";
import { POSTS } from "./posts.ts";
import { PROFILE } from "./profile.ts";

/** All feeds, in their order: of a record that is in two, the first one's goes out. */
export const FEEDS: readonly Feed[] = [POSTS, PROFILE, MENTIONS];

/** @throws ConnectorError `newer-record` for the name of a feed that this version does not have. */
export function feedNamed(name: string, feeds = FEEDS): Feed {
  const feed = feeds.find((one) => one.name === name);
  if (!feed) {
    throw new ConnectorError(
      "newer-record",
      `A record of the feed "${name}" was written by a newer version of the connector. Deploy that version again`,
    );
  }
  return feed;
}

/** The feed whose records go out with the window that asks for their time. */
export function ownTimeline(feeds = FEEDS): TimelineFeed {
  const own = feeds.find((feed) => feed.goesWith === "its own window");
  return own?.kind === "timeline" ? own : POSTS;
}
