import {
  type Config,
  type ConfigFunction,
  type ConfigPath,
  emptyLock,
  type Environment,
  type Lock,
  type Machine,
  type Plan,
  planConfig,
  type Problem,
  type Result,
  type SilencedProblem,
  writtenPath,
} from "@microvm-emit/model";
import { map } from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { compile as compilePlan } from "./compile/compile.js";
import type { OutputFile } from "./output-file.js";

/** A valid config as a plan. */
export interface PlannedConfig {
  readonly plan: Plan;
  /** The lock to write beside the config. */
  readonly lock: Lock;
  readonly warnings: readonly Problem[];
  readonly silenced: readonly SilencedProblem[];
  /**
   * Maps a path of the plan or of an emitted node to its path in the config: a value of a host's `vmDefaults` is
   * written there.
   */
  readonly written: (path: ConfigPath) => ConfigPath;
}

/** A valid config as a plan and files, before they are printed or written. */
export interface Emission extends PlannedConfig {
  readonly files: readonly OutputFile[];
}

export interface EmitOptions extends Partial<Machine> {
  /** The lock of the last run; empty by default. */
  readonly lock?: Lock;
  /** Older locks, latest first. Of two VMs with one index, the VM that had it first keeps it. */
  readonly earlierLocks?: readonly Lock[];
  /** The config file relative to the output directory, with `/`; by default `../microvm.config.ts`. */
  readonly configFile?: string;
}

/** Turns a config that is a function or promise into a type error with the fix. */
type Resolved<C> = C extends PromiseLike<unknown> | ((...parameters: never) => unknown)
  ? "Resolve the config first: emit(await resolveConfig(config))"
  : C;

/**
 * Resolves a config function, a promise or plain data to a config, as the command does.
 *
 * @param environment input of a config function; by default no variables, and the folder `/`.
 */
export const resolveConfig = async (
  config: Config | ConfigFunction | Promise<Config>,
  { env = {}, configDir = "/" }: Partial<Environment> = {},
): Promise<Config> => (typeof config === "function" ? config({ env, configDir }) : config);

/** Validates a config and plans its hosts and VMs. Left: all problems, never only the first. */
export const plan = <C>(
  config: Resolved<C>,
  { lock = emptyLock, ...more }: EmitOptions = {},
): Result<readonly Problem[], PlannedConfig> =>
  pipe(
    planConfig(config, lock, more),
    map(({ value, warnings, silenced }) => ({ ...value, warnings, silenced, written: writtenPath(config) })),
  );

/** Compiles a config to the files of a flake. Left: all problems, never only the first. */
export const emit = <C>(config: Resolved<C>, options: EmitOptions = {}): Result<readonly Problem[], Emission> =>
  pipe(
    plan(config, options),
    map((planned) => ({ ...planned, files: compile(planned.plan, options) })),
  );

/**
 * Compiles a plan, such as one that you changed, to the files of a flake.
 *
 * @example
 *
 * ```ts
 * import { compile, defineConfig, plan, render } from "microvm-emit";
 *
 * const config = defineConfig({ hosts: { workstation: { stateVersion: "26.05", user: { name: "alice" }, vms: { projectvm: {} } } } });
 * const planned = plan(config);
 * if (planned._tag === "Left") throw new Error(planned.left.map(({ message }) => message).join("\n"));
 * const files = render(compile(planned.right.plan));
 * ```
 */
export const compile = (
  plan: Plan,
  { configFile = "../microvm.config.ts" }: Pick<EmitOptions, "configFile"> = {},
): readonly OutputFile[] => compilePlan(plan, { configFile });
