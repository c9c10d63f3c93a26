import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { LocalX } from "../contracts.ts";
import { NAMED_FAULTS, strike } from "../faults/named-faults.ts";
import { createStriker } from "../faults/striker.ts";
import { manyPosts, postAt, startSmallX } from "./testing/small-timeline.ts";
import { createClient } from "./testing/x-client.ts";

const EMPTY = { meta: { result_count: 0 } };
const QUERY = { max_results: "5" };
const answerSchema = z.object({
  data: z.array(z.object({ id: z.string() })).optional(),
  meta: z.object({ result_count: z.number(), next_token: z.string().optional() }),
});

let x: LocalX | undefined;
afterEach(() => x?.close());

async function get(query: Record<string, string>) {
  const answer: unknown = await createClient(x?.url ?? "").v2.get("users/42/tweets", query);
  return answerSchema.parse(answer);
}

function playing(name: "x-empty-page" | "x-empty-window") {
  const fault = NAMED_FAULTS[name];
  const striker = createStriker(fault ? strike(fault, 2) : () => undefined);
  striker.begin();
  return striker.faults;
}

describe("X without posts", () => {
  it("behind a page token that is good (x-empty-page): twice, and then it gives them", async () => {
    const posts = manyPosts(12);
    x = await startSmallX(posts, { faults: playing("x-empty-page") });
    const first = await get(QUERY);
    expect(first.data).toHaveLength(5);
    // The page after the first one is empty as X's pages are now and then; it leads on.
    const next = { ...QUERY, pagination_token: first.meta.next_token ?? "" };
    expect([await get(next), await get(next)]).toEqual([EMPTY, EMPTY]);
    const second = await get(next);
    expect(second.meta.next_token).toBeDefined();
    const third = await get({ ...QUERY, pagination_token: second.meta.next_token ?? "" });
    expect(third.data?.map(({ id }) => id)).toEqual(posts.slice(5, 10).map(({ id }) => id));
  });

  it("in a window that has some (x-empty-window): twice, and then it gives them", async () => {
    x = await startSmallX(manyPosts(3), { faults: playing("x-empty-window") });
    expect([await get(QUERY), await get(QUERY)]).toEqual([EMPTY, EMPTY]);
    expect((await get(QUERY)).data).toHaveLength(3);
  });
});

describe("Posts from before ids said their time", () => {
  const first = {
    ...postAt("2026-01-01T00:00:00Z"),
    id: "20",
    created_at: "2006-03-21T20:50:14.000Z",
  };
  const last = { ...first, id: "29700859247", created_at: "2010-11-04T12:00:00.000Z" };
  const later = postAt("2010-11-07T00:00:00.000Z");
  const ids = async (query: Record<string, string>) =>
    (await get({ ...QUERY, ...query })).data?.map(({ id }) => id) ?? [];

  it("are the oldest of a timeline, and are given by ids or without a start", async () => {
    x = await startSmallX([first, later, last]);
    expect(await ids({})).toEqual([later.id, last.id, first.id]);
    expect(await ids({ until_id: later.id })).toEqual([last.id, first.id]);
    expect(await ids({ until_id: last.id })).toEqual([first.id]);
    expect(await ids({ since_id: first.id })).toEqual([later.id, last.id]);
    expect(await ids({ end_time: "2010-11-06T00:00:00Z" })).toEqual([last.id, first.id]);
    expect(await ids({ start_time: "2010-11-06T00:00:00Z" })).toEqual([later.id]);
  });

  it.each(["start_time", "end_time"])(
    "are not asked for with a %s before 2010-11-06",
    async (name) => {
      x = await startSmallX([first, later, last]);
      await expect(get({ [name]: "2010-11-05T23:59:59Z" })).rejects.toMatchObject({ code: 400 });
    },
  );
});
