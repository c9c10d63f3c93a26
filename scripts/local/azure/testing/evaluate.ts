/** Evaluates the program named by the argument against an Azure that knows nothing; prints the error. */

import { z } from "zod";

import { evaluateProgram } from "../evaluate-program.ts";

const azure = {
  mocks: {
    newResource: ({ type }: { type: string }) => {
      throw new Error(`not known: ${type}`);
    },
    call: () => ({}),
  },
};

const error: unknown = await evaluateProgram({
  azure,
  config: {},
  project: "tiny",
  stack: "local",
  program: z.string().parse(process.argv[2]),
}).catch((reason: unknown) => reason);
process.stdout.write(JSON.stringify(error instanceof Error ? error.message : error));
