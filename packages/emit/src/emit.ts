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
import { compile } from "./compile/compile.js";
import type { OutputFile } from "./output-file.js";

/** What a config asks for. */
export interface PlannedConfig {
  readonly plan: Plan;
  /** The lock to keep beside the config. */
  readonly lock: Lock;
  readonly warnings: readonly Problem[];
  /** The warnings that the config silences, each with its reason. */
  readonly silenced: readonly SilencedProblem[];
  /** Where a path of the plan or of an emitted node is written: what a host's `vmDefaults` say is written there. */
  readonly written: (path: ConfigPath) => ConfigPath;
}

/** All that a config comes to, before any of it is text or on disk. */
export interface Emission extends PlannedConfig {
  readonly files: readonly OutputFile[];
}

export interface EmitOptions extends Partial<Machine> {
  /** The lock kept from the last run; none by default. */
  readonly lock?: Lock;
  /** Locks from before, the latest first: of two VMs at one index, the one that had it earlier keeps it. */
  readonly earlierLocks?: readonly Lock[];
  /** The config file as the output directory sees it, with `/`; `../microvm.config.ts` by default. */
  readonly configFile?: string;
}

/** Why a function or a promise is no config yet. */
type Resolved<C> = C extends PromiseLike<unknown> | ((...parameters: never) => unknown)
  ? "Resolve the config first: emit(await resolveConfig(config))"
  : C;

/**
 * The config of a config function, a promise or plain data, as the command loads it.
 *
 * @param environment what a config function reads: by default no variables, and the folder `/`.
 */
export const resolveConfig = async (
  config: Config | ConfigFunction | Promise<Config>,
  { env = {}, configDir = "/" }: Partial<Environment> = {},
): Promise<Config> => (typeof config === "function" ? config({ env, configDir }) : config);

/** A config becomes a plan, or every problem it has. */
export const planOf = <C>(
  config: Resolved<C>,
  { lock = emptyLock, ...more }: EmitOptions = {},
): Result<readonly Problem[], PlannedConfig> =>
  pipe(
    planConfig(config, lock, more),
    map(({ value, warnings, silenced }) => ({ ...value, warnings, silenced, written: writtenPath(config) })),
  );

/** A config becomes the files of a flake, or every problem it has. */
export const emit = <C>(config: Resolved<C>, options: EmitOptions = {}): Result<readonly Problem[], Emission> =>
  pipe(
    planOf(config, options),
    map((planned) => ({ ...planned, files: filesOf(planned, options) })),
  );

/** The files of a flake. */
export const filesOf = (
  { plan }: PlannedConfig,
  { configFile = "../microvm.config.ts" }: Pick<EmitOptions, "configFile">,
): readonly OutputFile[] => compile(plan, { configFile });
