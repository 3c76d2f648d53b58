import type { Config } from "../config/config.js";
import type { Host } from "../config/host.js";
import type { Bridge, BridgedInterface, Interface } from "../config/network.js";
import type { Vm } from "../config/vm.js";

/** The input of a config function. */
export interface Environment {
  /** The environment variables of the run. */
  readonly env: Readonly<Record<string, string | undefined>>;

  /** The folder of the config file, absolute and without links. */
  readonly configDir: string;
}

/** A config as a function of its environment. */
export type ConfigFunction = (environment: Environment) => Config | Promise<Config>;

/**
 * The names of bridges that an interface accepts: those of the host if its bridges are literals, and any computed text.
 */
type BridgeName<Name, Known> = Name extends Known
  ? Name
  : string extends Name
    ? Name
    : Known | Exclude<BridgedInterface["bridge"], string>;

/** A VM that joins bridges of its host. */
type VmOn<Name, Known> = Vm & {
  readonly interfaces?: readonly (Interface & { readonly bridge?: BridgeName<Name, Known> | undefined })[] | undefined;
};

interface HostWithBridges<Bridges> extends Host {
  readonly bridges?: { readonly [Name in keyof Bridges]: Bridge } | undefined;
}

interface HostWithVms<Vms, Bridges> extends Host {
  readonly vms?: { readonly [Name in keyof Vms]: VmOn<Vms[Name], NoInfer<KnownNames<Bridges>>> } | undefined;
}

/** Any text, if the host has no bridge literal. */
type KnownNames<Bridges> = unknown extends Bridges ? string : keyof Bridges;

/**
 * A config with the types of its hosts' bridges and of the bridges that their VMs name.
 *
 * @internal
 */
export interface ExactConfig<Bridges, Vms> extends Omit<Config, "hosts"> {
  /** The hosts by name. */
  readonly hosts: { readonly [Name in keyof Bridges]: HostWithBridges<Bridges[Name]> } & {
    readonly [Name in keyof Vms]: HostWithVms<Vms[Name], Name extends keyof Bridges ? Bridges[Name] : unknown>;
  };
}

type Leaf =
  string | number | boolean | bigint | null | undefined | readonly unknown[] | ((...parameters: never) => unknown);
type NamesOf<Known> = Known extends Leaf ? never : keyof Known;
type SettingOf<Known, Name> = Known extends unknown
  ? Name extends keyof Known
    ? NonNullable<Known[Name]>
    : never
  : never;

/**
 * A type that a value matches only if each of its settings is known. TypeScript itself reports unknown settings in
 * literals only.
 */
type OnlyKnown<Value, Known> = Value extends Leaf
  ? unknown
  : string extends keyof Value
    ? unknown
    : {
        readonly [Name in keyof Value]: string extends NamesOf<Known>
          ? OnlyKnown<Value[Name], SettingOf<Known, Name>>
          : Name extends NamesOf<Known>
            ? OnlyKnown<Value[Name], SettingOf<Known, Name>>
            : `There is no setting ${Name & string}`;
      };

/** A value that is an allowed config, or else the type that shows its mistake at the setting. */
type Exact<Value, Bridges, Vms> =
  (Value & ([Value] extends [Allowed<Value, Bridges, Vms>] ? unknown : never)) | Allowed<Value, Bridges, Vms>;

type Allowed<Value, Bridges, Vms> = ExactConfig<Bridges, Vms> & OnlyKnown<Value, Config>;

/**
 * The parameter of {@link defineConfig}: a config, or a function or promise of one. If TypeScript infers the result of
 * a function, the union contains only the function, so that TypeScript reports an error at its setting and not at the
 * whole function.
 *
 * @internal
 */
export type Definition<Bridges, Vms, Returned, Promised> =
  | ([Returned | Promised] extends [never] ? ExactConfig<Bridges, Vms> : never)
  | ((environment: Environment) => Exact<Returned, Bridges, Vms> | Promise<Exact<Returned, Bridges, Vms>>)
  | ([Promised] extends [never] ? never : PromiseLike<Exact<Promised, Bridges, Vms>>);

/**
 * Types a config, or a function or promise of one, without changing it. If the bridges of a host are literals, an
 * interface that names another bridge is a type error.
 *
 * @example
 *
 * ```ts
 * import { defineConfig } from "microvm-emit";
 *
 * export default defineConfig(({ env }) => ({
 *   hosts: {
 *     workstation: {
 *       stateVersion: "26.05",
 *       user: { name: "alice" },
 *       bridges: { microbr: { address: "192.168.83.1/24", nat: true } },
 *       vms: { projectvm: { agent: "claude-code", vcpu: Number(env["VM_CORES"] ?? 4) } },
 *     },
 *   },
 * }));
 * ```
 */
export const defineConfig = <const Bridges, const Vms, const Returned = never, const Promised = never>(
  config: Definition<Bridges, Vms, Returned, Promised>,
): [Promised] extends [never] ? ([Returned] extends [never] ? Config : ConfigFunction) : Promise<Config> =>
  config as never;
