import type { Expr } from "@microvm-emit/nix-ast";
import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { nixExpression, object } from "../scalars/terms.js";

/**
 * A secret that the host passes to a guest as a file. Its text is never in a config, the Nix store or a command line.
 */
export interface Secret {
  /**
   * The file on the host: absolute, below `~/`, or Nix that evaluates to the path, with the host's `config` in scope.
   * Root reads it each time the VM starts.
   *
   * @example nix`config.sops.secrets.anthropic.path`
   */
  readonly file: string | Expr;

  /**
   * The environment variable for it in the shells of the main user.
   *
   * @default none
   * @example "ANTHROPIC_API_KEY"
   */
  readonly variable?: string | undefined;
}

const secretFile = z.union([scalar.hostPath, nixExpression]);

/** A file alone is a secret whose variable has the name of the secret. */
export const secretSchema = z.union([
  secretFile,
  object({ file: secretFile, variable: scalar.variableName.optional() }),
]);
