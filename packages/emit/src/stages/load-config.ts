import type { Config, Result } from "@microvm-emit/model";
import { unguard } from "../config-file/guard.js";
import { placesOf } from "../config-file/places.js";
import { type LoadedFile, loadFile, withoutFile } from "../config-file/plan-file.js";
import type { Diagnostic } from "../report/diagnostic.js";
import { attempt } from "./attempt.js";

/** Options of `loadConfig`. */
export interface LoadOptions {
  /** The output directory, by default `flake/` beside the config. */
  readonly output?: string;
  /**
   * The config, if a program made it. The file then need not exist: its folder is the base of relative paths and of the
   * lock.
   */
  readonly config?: Config;
}

/**
 * Loads a config and its lock, without validating it.
 *
 * A config in TypeScript or JavaScript is a program, and this runs it: load only files that you trust.
 *
 * @param file TypeScript, JavaScript, YAML or JSON, as for the command.
 * @returns Left: the reasons why the config or its lock cannot be read.
 *
 * @example
 *
 * ```ts
 * import { loadConfig, planConfig, writeFlake } from "microvm-emit/node";
 *
 * const loaded = await loadConfig("microvm.config.ts");
 * const planned = loaded._tag === "Left" ? loaded : await planConfig(loaded.right);
 * const written = planned._tag === "Left" ? planned : await writeFlake(planned.right);
 * if (written._tag === "Left") for (const { place, message } of written.left) console.error(place?.line, message);
 * else console.log(written.right.written.filter((path) => path.startsWith("hosts/")).join("\n"));
 * ```
 *
 * ```text
 * hosts/workstation/default.nix
 * hosts/workstation/vms/projectvm.nix
 * ```
 */
export const loadConfig = (
  file: string,
  { output, config }: LoadOptions = {},
): Promise<Result<readonly Diagnostic[], LoadedFile>> =>
  attempt(async () => {
    const places = placesOf(file, output);
    try {
      return await (config === undefined ? loadFile(places) : withoutFile(places, config));
    } finally {
      unguard();
    }
  });
