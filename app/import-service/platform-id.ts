import * as z from "zod";

/**
 * An id that the platform gives to a job or task. Names of blobs hold two of them, percent-encoded
 * (up to three characters for one), and may have 1,024 characters. Items lie in folders that are named
 * after them: a name of dots alone would be another folder.
 */
export const platformIdSchema = z
  .string()
  .regex(
    /^(?!\.+$)[\w.:~-]{1,128}$/,
    "must be 1 to 128 of A-Z a-z 0-9 _ . : ~ -, and not dots alone",
  );
