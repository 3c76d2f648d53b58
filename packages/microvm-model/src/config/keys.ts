import type { Expr } from "@microvm-emit/nix-ast";
import { z } from "zod";
import { type ProviderName, providerNames, providers } from "../catalogue/providers.js";
import * as scalar from "../scalars/scalars.js";
import { nixExpression, object } from "../scalars/terms.js";

/** An API key that stays on the host. */
export interface Key {
  /**
   * The file on the host that contains only the key: absolute or below `~/`, or Nix with the host's `config` in scope.
   *
   * @example "/run/agenix/anthropic"
   */
  readonly file: string | Expr;

  /**
   * The number of requests that a VM can send to the provider in a minute; further requests get status 429. A burst can
   * contain the requests of one minute.
   *
   * @default no limit
   * @example 60
   */
  readonly requestsPerMinute?: number | undefined;
}

/** The files of API keys by provider. */
export type Keys = { readonly [name in ProviderName]?: string | Expr | Key | undefined };

/** The same for a VM: `false` withholds the host's key, `true` gives it to a VM whose agent has no variables for it. */
export type VmKeys = { readonly [name in ProviderName]?: string | Expr | Key | boolean | undefined };

const file = z.union([scalar.hostPath, nixExpression]);
const requestsPerMinute = z.int().min(1).max(100_000).optional();
const key = z.union([
  file.transform((one) => ({ file: one, requestsPerMinute: undefined })),
  object({ file, requestsPerMinute }),
]);

const shapeOf = <S extends z.ZodType>(schema: S) =>
  Object.fromEntries(
    // Docs of a mapped type cannot name its keys.
    providerNames.map((name) => [
      name,
      schema.optional().meta({ description: `The key for ${providers[name].host}.` }),
    ]),
  ) as Record<ProviderName, z.ZodOptional<S>>;

export const keysSchema = object(shapeOf(key));
export const vmKeysSchema = object(shapeOf(z.union([z.boolean(), key])));
