import * as TE from "fp-ts/lib/TaskEither.js";
import { pipe } from "fp-ts/lib/function.js";
import type { Request } from "./command-line.js";
import { type Failure, attempt } from "../report/failure.js";
import type { OnProgress } from "../check/nix.js";
import type { Outcome } from "../report/report.js";
import type { Failures } from "./run.js";

/** Answers a request; prints nothing. Loads the compiler only for a request that names a config. */
export const answer = (request: Request, onProgress: OnProgress): TE.TaskEither<Failures, Outcome> => {
  switch (request.kind) {
    case "tell":
      return TE.right({ kind: "told", text: request.text });
    case "explain":
      return pipe(
        attempt(async () => (await import("./explain.js")).explain(request.code)),
        TE.mapLeft(alone),
      );
    default:
      return pipe(
        attempt(() => import("./run.js")),
        TE.mapLeft(alone),
        TE.chain(({ run }) => run(request, onProgress)),
      );
  }
};

const alone = (failure: Failure): Failures => [failure];
