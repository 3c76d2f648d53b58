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
  type ProblemCode,
  type Result,
  type Rule,
  type SilencedProblem,
} from "@microvm-emit/model";
import { writtenPath } from "@microvm-emit/model/internal";
import { map } from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { compile as compilePlan } from "./compile/compile.js";
import type { OutputFile } from "./output-file.js";

/**
 * A valid config as a plan.
 *
 * @typeParam Code the codes of custom rules.
 */
export interface PlannedConfig<Code extends string = never> {
  /** Hosts, VMs and their addresses. */
  readonly plan: Plan;
  /** The lock to write beside the config. */
  readonly lock: Lock;
  /** The warnings that the config does not silence. */
  readonly warnings: readonly Problem<ProblemCode | Code>[];
  /** The warnings that the config silences, each with its reason. */
  readonly silenced: readonly SilencedProblem[];
  /**
   * Maps a path of the plan or of an emitted node to its path in the config: a value of a host's `vmDefaults` is
   * written there.
   */
  readonly written: (path: ConfigPath) => ConfigPath;
}

/**
 * A valid config as a plan and files, before they are printed or written.
 *
 * @typeParam Code the codes of custom rules.
 */
export interface Emission<Code extends string = never> extends PlannedConfig<Code> {
  /** The files of the flake, sorted by path. */
  readonly files: readonly OutputFile[];
}

/**
 * Options of `plan`, `emit` and `compile`.
 *
 * @typeParam Code the codes of custom rules.
 */
export interface EmitOptions<Code extends string = never> extends Partial<Machine> {
  /** The lock of the last run; empty by default. */
  readonly lock?: Lock;
  /** Older locks, latest first. Of two VMs with one index, the VM that had it first keeps it. */
  readonly earlierLocks?: readonly Lock[];
  /** Custom rules. Their errors stop the run, like those of microvm-emit. */
  readonly rules?: readonly Rule<Code>[];
  /** The config file relative to the output directory, with `/`; by default `../microvm.config.ts`. */
  readonly configFile?: string;
}

/**
 * The error of a config that is still a function or promise. Data of unknown type is allowed: it is validated.
 *
 * @internal
 */
export type Unresolved<C> = unknown extends C
  ? unknown
  : C extends PromiseLike<unknown> | ((...parameters: never) => unknown)
    ? "Resolve the config first: emit(await resolveConfig(config))"
    : never;

/**
 * Resolves a config function, a promise or plain data to a config, as the command does. Rejects with an error of the
 * function or promise.
 *
 * @param environment input of a config function; by default no variables, and the folder `/`.
 *
 * @example
 *
 * ```ts
 * import { defineConfig, emit, resolveConfig } from "microvm-emit";
 *
 * const config = defineConfig(({ env }) => ({
 *   description: `The VMs of ${env["USER"] ?? "everyone"}`,
 *   hosts: { web: { stateVersion: "26.05", user: { name: "alice" } } },
 * }));
 * const emitted = emit(await resolveConfig(config, { env: { USER: "alice" } }));
 * console.log(emitted._tag === "Right" ? emitted.right.plan.description : emitted.left);
 * ```
 *
 * ```text
 * The VMs of alice
 * ```
 */
export const resolveConfig = async (
  config: Config | ConfigFunction | Promise<Config>,
  { env = {}, configDir = "/" }: Partial<Environment> = {},
): Promise<Config> => (typeof config === "function" ? config({ env, configDir }) : config);

/**
 * Validates a config and plans its hosts and VMs. Left: all problems of the config.
 *
 * @example
 *
 * ```ts
 * import { plan, type Rule } from "microvm-emit";
 *
 * const small: Rule<"small"> = ({ hosts }) =>
 *   hosts
 *     .flatMap(({ vms }) => vms)
 *     .filter(({ machine }) => machine.vcpu > 8)
 *     .map(({ name, path }) => ({
 *       code: "small",
 *       severity: "error",
 *       path: [...path, "vcpu"],
 *       message: `${name} has more than 8 CPUs`,
 *       remedy: "Use 8 at most.",
 *     }));
 *
 * const bridges = { microbr: { address: "192.168.83.1/24" } };
 * const vms = { api: { vcpu: 16 } };
 * const config = { hosts: { web: { stateVersion: "26.05", user: { name: "alice" }, bridges, vms } } };
 * const planned = plan(config, { rules: [small] });
 * if (planned._tag === "Left") for (const { code, message } of planned.left) console.log(`${code}: ${message}`);
 * ```
 *
 * ```text
 * no-login: No SSH key for api
 * small: api has more than 8 CPUs
 * ```
 */
export const plan = <C, Code extends string = never>(
  config: Config | (C & Unresolved<C>),
  { lock = emptyLock, ...more }: EmitOptions<Code> = {},
): Result<readonly Problem<ProblemCode | Code>[], PlannedConfig<Code>> =>
  pipe(
    planConfig(config, lock, more),
    map(({ value, warnings, silenced }) => ({ ...value, warnings, silenced, written: writtenPath(config) })),
  );

/**
 * Compiles a config to the files of a flake. Left: all problems of the config.
 *
 * @example
 *
 * ```ts
 * import { emit, render } from "microvm-emit";
 *
 * const emitted = emit({
 *   hosts: {
 *     web: {
 *       stateVersion: "26.05",
 *       user: { name: "alice" },
 *       bridges: { microbr: { address: "192.168.83.1/24" } },
 *       vms: { api: { vcpu: 2 } },
 *     },
 *   },
 * });
 * if (emitted._tag === "Left") throw new Error(emitted.left.map(({ message }) => message).join("\n"));
 * for (const { path } of render(emitted.right.files)) if (path.startsWith("hosts/")) console.log(path);
 * ```
 *
 * ```text
 * hosts/web/default.nix
 * hosts/web/vms/api.nix
 * ```
 */
export const emit = <C, Code extends string = never>(
  config: Config | (C & Unresolved<C>),
  options: EmitOptions<Code> = {},
): Result<readonly Problem<ProblemCode | Code>[], Emission<Code>> =>
  pipe(
    plan(config as Config, options),
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
 * const config = defineConfig({
 *   hosts: {
 *     workstation: {
 *       stateVersion: "26.05",
 *       user: { name: "alice" },
 *       bridges: { microbr: { address: "192.168.83.1/24" } },
 *       vms: { projectvm: {} },
 *     },
 *   },
 * });
 * const planned = plan(config);
 * if (planned._tag === "Left") throw new Error(planned.left.map(({ message }) => message).join("\n"));
 * const files = render(compile(planned.right.plan));
 * ```
 */
export const compile = (
  plan: Plan,
  { configFile = "../microvm.config.ts" }: Pick<EmitOptions, "configFile"> = {},
): readonly OutputFile[] => compilePlan(plan, { configFile });
