import type { Expr } from "@microvm-emit/nix-ast";
import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { nixExpression, object } from "../scalars/terms.js";

/** A secret that the host hands to a guest by file: its text is never in a config, the Nix store or a command line. */
export interface Secret {
  /**
   * The file on the host that holds it: absolute or below `~/`, or Nix that says where it is, with the host's `config` in
   * scope. It is read as root each time the VM starts.
   *
   * @example nix`config.sops.secrets.anthropic.path`
   */
  readonly file: string | Expr;

  /**
   * The environment variable that holds it in the main user's shells; without one it is a file only.
   *
   * @default none
   * @example "ANTHROPIC_API_KEY"
   */
  readonly variable?: string | undefined;
}

const secretFile = z.union([scalar.hostPath, nixExpression]);

/** A file alone stands for a secret whose variable is called as the secret. */
export const secretSchema = z.union([
  secretFile,
  object({ file: secretFile, variable: scalar.variableName.optional() }),
]);
