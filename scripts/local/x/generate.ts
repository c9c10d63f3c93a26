import { ATTACHMENT_SHAPES, makeWithLostPhoto } from "./generate-attachments.ts";
import { generateScript } from "./generate-script.ts";
import { REFERENCE_SHAPES } from "./generate-references.ts";
import { TEXT_SHAPES, type Shape } from "./generate-text.ts";
import { createWorld, makeId, type World } from "./generate-world.ts";
import { createTimeline, type Timeline } from "./timeline.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const FIRST_DAY = Date.parse("2026-02-28T00:00:00Z");

/** Which posts, counted from the oldest, have a medium that cannot be had. */
const LOST: ReadonlySet<number> = new Set([25, 150]);

/** Every shape of post that there is to generate, by name. */
export const SHAPES: Record<string, Shape> = {
  ...TEXT_SHAPES,
  ...REFERENCE_SHAPES,
  ...ATTACHMENT_SHAPES,
};

/**
 * An invented organisation's posts of three days (2026-02-28T00:00:00Z to 2026-03-03T00:00:00Z): the
 * same for the same seed, each shape several times. A day begins and ends with a post at midnight
 * sharp; the second has a burst in the morning and nothing after noon. Beside it a script is played: the
 * profile changes, and others name the account.
 */
export function generateTimeline(seed = 20260303): Timeline {
  const world = createWorld(seed);
  const times = makeTimes(world);
  const shapes = makeShapes(world, times.length);
  for (const [index, time] of times.entries()) {
    const at = { time, id: nextId(world, time) };
    const shape = LOST.has(index) ? makeWithLostPhoto : shapes[index];
    world.posts.push((shape ?? makeWithLostPhoto)(world, at));
  }
  const { account, others, recluse, ...made } = world;
  const script = generateScript(world, seed, FIRST_DAY);
  return createTimeline({
    ...made,
    accountId: account.id,
    users: [account, recluse, ...others],
    otherPosts: [...made.otherPosts, ...script.otherPosts],
    lostMedia: [...made.lostMedia, ...script.lostPictures],
    script: script.events,
  });
}

function makeTimes({ random }: World): number[] {
  const [first, second, third] = [0, 1, 2].map((day) => FIRST_DAY + day * DAY_MS);
  const between = (start = 0, hours = 24) => start + random.int(1, hours * HOUR_MS - 1);
  const midnights = [0, 1, 2, 3].map((day) => FIRST_DAY + day * DAY_MS);
  const fullHours = [6, 9, 30, 57, 63].map((hour) => FIRST_DAY + hour * HOUR_MS);
  const usual = [
    ...Array.from({ length: 45 }, () => between(first)),
    ...Array.from({ length: 20 }, () => between(second, 12)),
    ...Array.from({ length: 50 }, () => between(third)),
  ];
  const burst = Array.from(
    { length: 105 },
    () => FIRST_DAY + 32 * HOUR_MS + random.int(1, 2_400_000),
  );
  // The thousandths of a second are in the id only: these are posts of one and the same second.
  const sameSecond = usual
    .slice(0, 8)
    .map((time) => Math.floor(time / 1000) * 1000 + random.int(0, 999));
  const lastSeconds = [DAY_MS - 1, 3 * DAY_MS - 500].map((offset) => FIRST_DAY + offset);
  return [...midnights, ...fullHours, ...usual, ...burst, ...sameSecond, ...lastSeconds].sort(
    (a, b) => a - b,
  );
}

/** Bags with every shape once, one after the other; the first post can refer to none before it. */
function makeShapes({ random }: World, count: number): Shape[] {
  const shapes: Shape[] = TEXT_SHAPES["plain"] === undefined ? [] : [TEXT_SHAPES["plain"]];
  while (shapes.length < count) {
    shapes.push(...random.shuffle(Object.values(SHAPES)));
  }
  return shapes;
}

/** Ids rise with the order of posting even within one millisecond. */
function nextId({ random, posts }: World, time: number): string {
  const id = makeId(random, time);
  const last = posts.at(-1)?.id ?? "0";
  return BigInt(id) > BigInt(last) ? id : String(BigInt(last) + 1n);
}
