import { describe, expect, it } from "vitest";
import { readCondition } from "./condition.ts";

const BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";
const NAME = "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name]";

describe("readCondition", () => {
  it.each([
    [`(!(ActionMatches{'${BLOBS}/write'}))`, { write: false, "add/action": true }],
    [
      `((!(ActionMatches{'${BLOBS}/write'}) AND !(ActionMatches{'${BLOBS}/delete'})) OR (${NAME} StringNotEquals 'evidence'))`,
      { write: false, delete: false, read: true, "add/action": true },
    ],
    [`(!(ActionMatches{'${BLOBS}/write'}) OR (${NAME} StringEquals 'evidence'))`, { write: true }],
    [
      `ActionMatches{'${BLOBS}/read'} OR ActionMatches{'${BLOBS}/write'}`,
      { read: true, write: true, delete: false },
    ],
  ])("judges %s", (text, expected) => {
    const judge = readCondition(text);
    const judged = Object.keys(expected).map((action) => [
      action,
      judge(`blobServices/containers/blobs/${action}`, "evidence"),
    ]);
    expect(Object.fromEntries(judged)).toEqual(expected);
  });

  it.each([
    "",
    "(ActionMatches{'x'}",
    "ActionMatches{'x'} ActionMatches{'y'}",
    "ActionMatches{'x'} XOR ActionMatches{'y'}",
    "@Request[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'a'",
    "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers/blobs:path] StringEquals 'a'",
  ])("refuses what it cannot judge: %s", (text) => {
    expect(() => readCondition(text)).toThrow("InvalidRoleAssignmentCondition");
  });
});
