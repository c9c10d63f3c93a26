import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { intervalSchema } from "../capture/interval.ts";
import { downloadRequest } from "../testing/platform-calls.ts";
import { type DownloadRequest, parseDownloadRequest } from "./download-request.ts";
import { platformIdSchema } from "./platform-id.ts";

const someId = fc.stringMatching(/^[\w.:~-]{1,128}$/);
const someTime = fc.date({
  min: new Date("2006-03-21"),
  max: new Date("9998-12-31"),
  noInvalidDate: true,
});
const someWindow = fc.tuple(someTime, someTime).filter(([a, b]) => a.getTime() !== b.getTime());
/** What the platform may send, with times as .NET writes them, and the window that it means. */
const someRequest = fc
  .record({
    JobId: someId,
    TaskId: someId,
    window: someWindow,
    zone: fc.constantFrom("Z", "", "0000Z", "+00:00"),
    DirtyEntities: fc.oneof(
      fc.constant(null),
      fc.array(fc.bigInt({ min: 0n, max: 10n ** 19n - 1n }).map(String), { maxLength: 20 }),
    ),
    BlobSasUri: fc.webUrl({ withQueryParameters: true }),
  })
  .map(({ window, zone, ...members }) => {
    const [start = new Date(), end = new Date()] = window.toSorted(
      (a, b) => a.getTime() - b.getTime(),
    );
    const write = (time: Date) => time.toISOString().replace("Z", zone);
    return { start, end, body: { ...members, StartTime: write(start), EndTime: write(end) } };
  });

describe("parseDownloadRequest", () => {
  it("accepts what the platform may send, and means by it the window and no second less", () => {
    fc.assert(
      fc.property(someRequest, ({ body, start, end }) => {
        const request = accepted(body);
        expect(request).toMatchObject({ jobId: body.JobId, taskId: body.TaskId });
        expect(request.sasUri).toBe(body.BlobSasUri);
        expect(request.dirtyIds).toEqual([...new Set(body.DirtyEntities)]);
        const lead = start.getTime() - Date.parse(request.window.start);
        const trail = Date.parse(request.window.end) - end.getTime();
        expect(lead >= 0 && lead < 1000 && trail >= 0 && trail < 1000).toBe(true);
      }),
    );
  });

  it("does not mind the case of names, their order, nor members that it does not know", () => {
    const spelling = fc.tuple(someRequest, fc.infiniteStream(fc.boolean()), fc.string());
    fc.assert(
      fc.property(spelling, ([{ body }, flips, more]) => {
        const other = Object.entries(body).map(([name, value]) => [flip(name, flips), value]);
        const unknown = [[`X${more}`, more]];
        expect(accepted(Object.fromEntries([...unknown, ...other.toReversed()]))).toEqual(
          accepted(body),
        );
      }),
    );
  });

  it("accepts or refuses anything, in words that begin with the member", () => {
    const names = ["JobId", "TaskId", "StartTime", "EndTime", "DirtyEntities", "BlobSasUri"];
    const anything = fc.oneof(
      fc.anything(),
      fc
        .tuple(fc.constantFrom(...names), fc.oneof(fc.jsonValue(), fc.anything(), someDate()))
        .map(([name, value]) => downloadRequest({ [name]: value })),
    );
    fc.assert(
      fc.property(anything, (body) => {
        expect(parseDownloadRequest(body)).toSatisfy(
          (request: DownloadRequest | { problem: string }) =>
            "problem" in request
              ? /^(The body|[A-Z]\w+(\.\d+)?): ./.test(request.problem)
              : isSound(request),
        );
      }),
      { numRuns: 1000, examples: [[downloadRequest({ DirtyEntities: [undefined] })]] },
    );
  });

  it.each([
    [
      "the first time that .NET knows",
      { StartTime: "0001-01-01T00:00:00" },
      "0001-01-01T00:00:00Z",
    ],
    ["a time before that, by its zone", { StartTime: "0001-01-01T00:00:00+02:00" }, undefined],
    ["the year 0", { StartTime: "0000-06-01T00:00:00Z" }, undefined],
  ])("takes %s for what it is", (_title, times, start) => {
    const request = parseDownloadRequest(downloadRequest(times));
    expect("problem" in request ? undefined : request.window.start).toBe(start);
  });

  it("refuses the last time that .NET knows, which has no whole second after it", () => {
    const request = downloadRequest({ EndTime: "9999-12-31T23:59:59.9999999" });
    expect(parseDownloadRequest(request)).toEqual({
      problem: "EndTime: must lie in the years 1 to 9998",
    });
  });
});

/** Times at and beyond the ends of what can be written. */
function someDate(): fc.Arbitrary<string> {
  const years = fc.constantFrom("0000", "0001", "1970", "9998", "9999", "10000", "-000001");
  const zones = fc.constantFrom("Z", "", "+14:00", "-12:00", "+0000");
  const clocks = fc.constantFrom("00:00:00", "23:59:59.9999999", "24:00:00", "23:59:60");
  const days = fc.constantFrom("01-01", "12-31", "02-29", "02-30");
  return fc
    .tuple(years, days, clocks, zones)
    .map(([year, day, clock, zone]) => `${year}-${day}T${clock}${zone}`);
}

/** As the rest of the connector takes it, and as it can be stored and read again. */
function isSound({ window, jobId, taskId, dirtyIds }: DownloadRequest): boolean {
  return (
    intervalSchema.safeParse(window).success &&
    window.start < window.end &&
    [jobId, taskId].every((id) => platformIdSchema.safeParse(id).success) &&
    dirtyIds.every((id) => /^\d{1,19}$/.test(id))
  );
}

function accepted(body: unknown) {
  const request = parseDownloadRequest(body);
  if ("problem" in request) {
    throw new Error(request.problem);
  }
  return request;
}

function flip(name: string, flips: Iterator<boolean>): string {
  return name
    .split("")
    .map((letter) => (flips.next().value === true ? letter.toUpperCase() : letter.toLowerCase()))
    .join("");
}
