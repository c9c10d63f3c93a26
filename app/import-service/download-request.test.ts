import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { intervalSchema } from "../time/intervals.ts";
import { downloadRequest } from "../testing/platform-calls.ts";
import { type DownloadRequest, parseDownloadRequest } from "./download-request.ts";
import { platformIdSchema } from "./platform-id.ts";

const someId = fc.stringMatching(/^[\w.:~-]{1,128}$/).filter((id) => !/^\.+$/.test(id));
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
    zone: fc.constantFrom("Z", "", "0000Z", "+00:00", "+0000", "+00", "0000+00:00", "z"),
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

  it("takes milliseconds since 1970 for the same time, whatever zone stands behind them", () => {
    const zone = fc.constantFrom("", "+0000", "+0200", "-1130");
    fc.assert(
      fc.property(someRequest, zone, ({ body, start, end }, offset) => {
        const write = (time: Date) => `/Date(${time.getTime()}${offset})/`;
        const written = { ...body, StartTime: write(start), EndTime: write(end) };
        expect(accepted(written).window).toEqual(accepted(body).window);
      }),
    );
  });

  it.each([
    ["a time without a zone", "2026-01-01T00:00:00", "2026-01-01T00:00:00Z"],
    ["an offset without a colon", "2026-01-01T02:00:00+0200", "2026-01-01T00:00:00Z"],
    ["an offset of hours alone", "2026-01-01T02:00:00+02", "2026-01-01T00:00:00Z"],
    ["seven digits of a second", "2026-01-01T00:00:00.9999999Z", "2026-01-01T00:00:00Z"],
    ["seven digits and an offset", "2026-01-01T02:00:00.1234567+02:00", "2026-01-01T00:00:00Z"],
    ["milliseconds since 1970", "/Date(1767225600000)/", "2026-01-01T00:00:00Z"],
    ["milliseconds and a zone", "/Date(1767225600999+0530)/", "2026-01-01T00:00:00Z"],
    ["a time before 1970", "/Date(-86400000)/", "1969-12-31T00:00:00Z"],
    ["DateTime.MinValue", "0001-01-01T00:00:00", "0001-01-01T00:00:00Z"],
    ["MinValue in a zone", "0001-01-01T00:00:00+02:00", "0001-01-01T00:00:00Z"],
    ["MinValue in milliseconds", "/Date(-62135596800000)/", "0001-01-01T00:00:00Z"],
    ["MinValue in milliseconds of a zone", "/Date(-62135604000000+0200)/", "0001-01-01T00:00:00Z"],
  ])("takes %s as StartTime", (_title, StartTime, start) => {
    expect(accepted(downloadRequest({ StartTime })).window.start).toBe(start);
  });

  it.each([
    ["a seventh digit", "2026-01-02T00:00:00.0000001Z", "2026-01-02T00:00:01Z"],
    ["nothing but zeros", "2026-01-02T00:00:00.0000000Z", "2026-01-02T00:00:00Z"],
    ["a millisecond since 1970", "/Date(1767312000001)/", "2026-01-02T00:00:01Z"],
  ])("lets a window that ends with %s have its last second", (_title, EndTime, end) => {
    expect(accepted(downloadRequest({ EndTime })).window.end).toBe(end);
  });

  it.each([
    ["the year 0", "0000-06-01T00:00:00Z"],
    ["a day", "2026-01-01"],
    ["a clock", "T00:00:00Z"],
    ["a day that is none", "2026-02-30T00:00:00"],
    ["an hour that is none", "2026-01-01T24:00:00Z"],
    ["an offset that is none", "2026-01-01T00:00:00+99:00"],
    ["no milliseconds", "/Date()/"],
    ["milliseconds that no calendar has", "/Date(999999999999999)/"],
    ["words behind milliseconds", "/Date(0)/x"],
    ["a way of JavaScript", "new Date(0)"],
    ["a month in words", "Jan 1 2026 00:00:00"],
  ])("refuses %s as StartTime", (_title, StartTime) => {
    expect(parseDownloadRequest(downloadRequest({ StartTime }))).toMatchObject({
      problem: expect.stringMatching(/^StartTime: must /) as unknown,
    });
  });

  it.each([
    "9999-12-31T23:59:59.9999999",
    "9999-12-31T23:59:59.9999999Z",
    "9999-12-31T23:59:59.9999999-05:00",
    "9999-12-31T23:59:59.9999999+1400",
    "/Date(253402300799999)/",
    "/Date(253402300799999-0500)/",
    "/Date(253402318799999-0500)/",
  ])("refuses DateTime.MaxValue as EndTime, which is never reached: %s", (EndTime) => {
    expect(parseDownloadRequest(downloadRequest({ EndTime }))).toEqual({
      problem: "EndTime: must lie before the year 9999: DateTime.MaxValue is no end of a window",
    });
  });

  it("refuses DateTime.MinValue as EndTime, which is before every StartTime", () => {
    const request = downloadRequest({
      StartTime: "0001-01-01T00:00:00",
      EndTime: "0001-01-01T00:00:00",
    });
    expect(parseDownloadRequest(request)).toEqual({
      problem: "EndTime: must be after StartTime",
    });
  });

  it.each([
    [[null], [], 1],
    [["7", null, "8", null, "7"], ["7", "8"], 2],
    [[], [], 0],
  ])("leaves null out of %j, and says how often", (DirtyEntities, dirtyIds, nullIds) => {
    expect(accepted(downloadRequest({ DirtyEntities }))).toMatchObject({ dirtyIds, nullIds });
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
