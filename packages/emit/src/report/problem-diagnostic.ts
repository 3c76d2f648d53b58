import { type ConfigPath, formatPath } from "@microvm-emit/model";
import { clip } from "@microvm-emit/model/internal";
import type { Diagnostic } from "./diagnostic.js";
import { sharers } from "./group-problems.js";
import type { LocatedProblem } from "./located-problem.js";

/** Converts a problem of a config to a diagnostic. */
export const diagnosticOf = (problem: LocatedProblem): Diagnostic => {
  const { code, severity, path, place, message, remedy, related = [], relatedPlaces } = problem;
  const of = sharers(problem);
  return {
    code,
    severity,
    ...(path.length === 0 ? {} : { subject: shownPath(path), path: path.map(shownStep) }),
    ...(place === undefined ? {} : { place }),
    message,
    remedy,
    ...(of === undefined ? {} : { details: [of] }),
    ...(related.length === 0
      ? {}
      : {
          related: related.map((other, position) => {
            const at = relatedPlaces?.[position];
            return {
              subject: shownPath(other.path),
              path: other.path.map(shownStep),
              note: other.note,
              ...(at === undefined ? {} : { place: at }),
            };
          }),
        }),
  };
};

/** Shortens keys, because unknown ones may have any length. */
const shownStep = (step: string | number): string | number => (typeof step === "string" ? clip(step) : step);
const shownPath = (path: ConfigPath): string => clip(formatPath(path.map(shownStep)), 300);
