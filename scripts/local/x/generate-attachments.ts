import type { Part } from "./compose.ts";
import { quote, repost } from "./generate-references.ts";
import { own, type Shape } from "./generate-text.ts";
import { remark, sentence } from "./generate-words.ts";
import { makeLink, makeMediaKey, makePost, type World } from "./generate-world.ts";
import { inventMedia } from "./media-objects.ts";
import type { Media, Poll, Post, User } from "./timeline.ts";

type At = { time: number; id: string };

/** Posts with something attached. */
export const ATTACHMENT_SHAPES: Record<string, Shape> = {
  photo: (world, at) => withMedia(world, at, [addPhoto(world, at.time, "jpg")]),

  twoPhotos: (world, at) =>
    withMedia(world, at, [addPhoto(world, at.time, "png"), addPhoto(world, at.time, "jpg")]),

  threePhotos: (world, at) =>
    withMedia(
      world,
      at,
      ["jpg", "jpg", "png"].map((type) => addPhoto(world, at.time, type)),
    ),

  fourPhotos: (world, at) =>
    withMedia(
      world,
      at,
      ["png", "jpg", "jpg", "jpg"].map((type) => addPhoto(world, at.time, type)),
    ),

  onlyAPhoto: (world, at) => withMedia(world, at, [addPhoto(world, at.time, "jpg")], []),

  video: (world, at) => withMedia(world, at, [addFilm(world, at.time, 7)]),

  professionalVideo: (world, at) => withMedia(world, at, [addFilm(world, at.time, 13)]),

  animatedGif: (world, at) => withMedia(world, at, [addFilm(world, at.time, 16)]),

  streamOnlyVideo: (world, at) => withMedia(world, at, [addStream(world, at.time)]),

  videoWithoutQuery: (world, at) =>
    withMedia(world, at, [addFilm(world, at.time, 7, { only_without_query: true })]),

  oddMedia: (world, at) => {
    const photo = addPhoto(world, at.time, "jpg", "A quay");
    photo["sent_oddly"] = { width: null, preview_image_url: 7 };
    const film = addFilm(world, at.time, 7);
    const { variants = [] } = inventMedia(film.media_key);
    film["sent_oddly"] = { variants: [null, ...variants, { url: null }], duration_ms: "long" };
    return withMedia(world, at, [photo, film]);
  },

  quoteWithOddMembers: (world, at) => {
    const quoted = makeOtherWithPhoto(world, at.time);
    const media_keys = [null, ...(quoted.attachments?.media_keys ?? [])];
    quoted.sent_oddly = { attachments: { media_keys }, article: null, public_metrics: null };
    return quote(world, at, quoted);
  },

  photoAndVideo: (world, at) =>
    withMedia(world, at, [addPhoto(world, at.time, "jpg"), addFilm(world, at.time, 7)]),

  sensitive: (world, at) => ({
    ...withMedia(world, at, [addPhoto(world, at.time, "jpg")]),
    possibly_sensitive: true,
  }),

  quoteWithMedia: (world, at) => quote(world, at, makeOtherWithPhoto(world, at.time)),

  repostWithMedia: (world, at) => repost(world, at, makeOtherWithPhoto(world, at.time)),

  poll: (world, at) => withPoll(world, at, { voting_status: "open" }),

  closedPoll: (world, at) => withPoll(world, at, { voting_status: "closed" }),

  oddPoll: (world, at) =>
    withPoll(world, at, { sent_oddly: { voting_status: null, duration_minutes: "a day" } }),

  place: (world, at) => {
    const place = "01a9f2c3d4e5b607";
    world.places.push({
      id: place,
      name: "Norrholm",
      full_name: "Norrholm, Isle of Osk",
      country: "Invented",
      country_code: "XX",
      place_type: "city",
      geo: { type: "Feature", bbox: [3.1, 60.2, 3.4, 60.5], properties: {} },
    });
    const coordinates = { type: "Point", coordinates: [3.25, 60.31] };
    return { ...own(world, at, [remark(world.random)]), geo: { place_id: place, coordinates } };
  },

  coordinates: (world, at) => ({
    ...own(world, at, [remark(world.random)]),
    geo: { coordinates: { type: "Point", coordinates: [-3.75, 60.5] } },
  }),

  articleWithCode: (world, at) => {
    const link = makeLink(world.random, { expanded_url: `https://x.com/i/article/${at.id}` });
    const code = "const isHigh = tide > 4 && wind < 12; // &amp;";
    const { id, username } = world.random.pick(world.others);
    const handle = `@${username}`;
    const article = {
      title: "How we count tides & ships",
      preview_text: sentence(world.random),
      plain_text: `${remark(world.random)}\nAsk ${handle} if depth < 9 m & rising.`,
      entities: {
        code: [{ language: "typescript", code, content: `\`\`\`typescript\n${code}\n\`\`\`` }],
        mentions: [{ text: handle, username, id }],
      },
    };
    return { ...own(world, at, [{ links: [link] }]), article };
  },

  article: (world, at) => {
    const link = makeLink(world.random, { expanded_url: `https://x.com/i/article/${at.id}` });
    const article = {
      title: "A hundred winters of ice on the quay",
      preview_text: sentence(world.random),
      plain_text: [remark(world.random), remark(world.random)].join("\n\n"),
      cover_media: addPhoto(world, at.time, "jpg", "The quay under snow").media_key,
    };
    return { ...own(world, at, [{ links: [link] }]), article };
  },
};

/** A post with a photo that X lists but answers with 404 for ever. */
export function makeWithLostPhoto(world: World, at: At): Post {
  const lost = addPhoto(world, at.time, "jpg", "A picture that X has lost");
  world.lostMedia.push(lost.media_key);
  return withMedia(world, at, [lost, addPhoto(world, at.time, "png")]);
}

function withMedia(world: World, at: At, media: readonly Media[], before?: Part[]): Post {
  const text = before ?? [`${sentence(world.random)} `];
  const parts = [...text, mediaLinks(world, world.account, { id: at.id, media })];
  return { ...own(world, at, parts), attachments: { media_keys: keysOf(media) } };
}

function makeOtherWithPhoto(world: World, before: number): Post {
  const author = world.random.pick(world.others);
  const media = [addPhoto(world, before - 300_000_000, "jpg", "Seen from the other side")];
  const post = makePost(world, { author, time: before - 5_400_000 }, { parts: ["Look: "] });
  const link = mediaLinks(world, author, { id: post.id, media });
  const whole = makePost(
    world,
    { author, time: before - 5_400_000, id: post.id },
    { parts: ["Look: ", link], attachments: { media_keys: keysOf(media) } },
  );
  world.otherPosts.push(whole);
  return whole;
}

/** All media of a post share one short link, which the text holds once and which leads to the first. */
function mediaLinks(
  world: World,
  author: User,
  { id, media }: { id: string; media: readonly Media[] },
): Part {
  const { url } = makeLink(world.random);
  const kind = media[0]?.media_key.startsWith("3_") ? "photo" : "video";
  const links = media.map(({ media_key }) => ({
    url,
    expanded_url: `https://x.com/${author.username}/status/${id}/${kind}/1`,
    display_url: `pic.x.com/${url.slice(-10)}`,
    media_key,
  }));
  return { links };
}

function addPhoto(world: World, time: number, type: string, alt?: string): Media {
  const { random } = world;
  const altText =
    alt ?? (random.int(0, 1) === 1 ? `${sentence(random)} "Seen" & <drawn>.` : undefined);
  const media: Media = {
    media_key: makeMediaKey(random, 3, time),
    type: "photo",
    url: `https://pbs.twimg.com/media/${random.name(15)}.${type}`,
    ...(altText !== undefined && { alt_text: altText }),
  };
  world.media.push(media);
  return media;
}

function withPoll(world: World, at: At, members: Partial<Poll>): Post {
  const id = String(BigInt(at.id) - 5n);
  world.polls.push({
    id,
    options: ["Yes", "No", "Ask the pilot &amp; wait", "Depth &lt; 9"].map((label, index) => ({
      position: index + 1,
      label,
      votes: world.random.int(0, 500),
    })),
    duration_minutes: 1440,
    end_datetime: new Date(at.time + 86_400_000).toISOString(),
    voting_status: "open",
    ...members,
  });
  return { ...own(world, at, ["Should berth 7 stay open?"]), attachments: { poll_ids: [id] } };
}

/** X's own description is enough: what is not said here is invented from the key. */
function addFilm(
  world: World,
  time: number,
  prefix: 7 | 13 | 16,
  members: Partial<Media> = {},
): Media {
  const media: Media = {
    media_key: makeMediaKey(world.random, prefix, time),
    ...(prefix === 16 && { alt_text: "A gull turns its head" }),
    ...members,
  };
  world.media.push(media);
  return media;
}

/** A video of which X names no file but the play list of its stream. */
function addStream(world: World, time: number): Media {
  const name = world.random.name(15);
  const url = `https://video.twimg.com/amplify_video/${name}/pl/${name}.m3u8?tag=14`;
  return addFilm(world, time, 13, { variants: [{ content_type: "application/x-mpegURL", url }] });
}

function keysOf(media: readonly Media[]): string[] {
  return media.map(({ media_key }) => media_key);
}
