import type { Diagnostic } from "./diagnostic.js";
import type { Failure } from "./failure.js";
import { commandLineFailures } from "./failures/command-line.js";
import { configFailures } from "./failures/config.js";
import { nixFailures } from "./failures/nix.js";
import { outputFailures } from "./failures/output.js";
import { vmFailures } from "./failures/vm.js";
import type { Row, Rows, Words } from "./failures/row.js";

/** Exit code and words of every failure; a missing row is a type error. */
const rows: Rows = {
  ...commandLineFailures,
  ...configFailures,
  ...outputFailures,
  ...nixFailures,
  ...vmFailures,
};

/** The cast is safe: `rows` maps each kind to its own type. */
const rowOf = (failure: Failure): Row<Failure> => rows[failure.kind] as Row<Failure>;

/** Exit code of the process: 1 for faults of the input, 2 if the program could not check it. */
export const exitCodeOf = (failure: Failure): 1 | 2 => rowOf(failure).exitCode;

/** Codes of all failures. Problems of a config have codes of their rules. */
export const failureCodes: readonly string[] = Object.keys(rows).filter((kind) => kind !== "config-problems");

/** The diagnostics of a failure. */
export const diagnosticsOf = (failure: Failure): readonly Diagnostic[] => {
  const words = rowOf(failure).words(failure, diagnosticsOf);
  return isMany(words) ? words : [{ code: failure.kind, severity: "error", ...words }];
};

const isMany = (words: Words | readonly Diagnostic[]): words is readonly Diagnostic[] => Array.isArray(words);
