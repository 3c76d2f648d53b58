/** The units that load and restore the rules of a host, and all files that they need. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "microvm-emit";
import { readLibrary } from "../../packages/emit/src/compile/flake/library.generated.js";
import { evalFlake, nixes } from "../nix/harness.js";
import { evaluateOnRig, rig } from "../nix/rig.js";
import { type ServiceConfig, unitFile } from "../nix/unit-file.js";
import { emitFlake } from "./evaluated.js";
import { UNITS } from "./host-machine.js";

export interface PolicyUnits {
  /** nftables rules. */
  readonly rules: string;
  /** The part of the activation script, which runs at each switch. */
  readonly onSwitch: string;
  /** Files by path. Programs in a `bin` folder and units are separate. */
  readonly files: Readonly<Record<string, string>>;
  /** Package folders, whose programs come from the machine. */
  readonly packages: readonly string[];
}

export const RULES = "/etc/microvm/policy.nft";

const NAMES = ["microvm-policy", "microvm-resolver", "microvm@", "nftables"] as const;
type Name = (typeof NAMES)[number];

const DEPENDENCIES = ["after", "before", "bindsTo", "requires", "wants"] as const;
type Dependencies = Readonly<Record<(typeof DEPENDENCIES)[number], readonly string[]>>;
interface Service extends Dependencies {
  readonly unitConfig: ServiceConfig;
  readonly serviceConfig: ServiceConfig;
}

interface Facts {
  readonly etc: Readonly<Record<string, string>>;
  readonly onSwitch: string;
  /** Unit texts of NixOS; null on the stand-ins. */
  readonly texts: Readonly<Record<Name, string>> | null;
  readonly services: Readonly<Record<Name, Service>>;
  /** Commands of nftables.service together with a flush. */
  readonly deletions: string;
  readonly udevRules: string;
  readonly store: string;
  /** Derivations of nftables.service. */
  readonly derivations: readonly string[];
}

const FACTS = `host:
  let
    inherit (host.config) networking systemd;
    names = { ${NAMES.map((name) => `"${name}" = null;`).join(" ")} };
    isNixos = systemd ? units;
    textOf = name: systemd.units."\${name}.service".text;
  in
  {
    etc = builtins.mapAttrs (_: file: file.text) {
      inherit (host.config.environment.etc) "microvm/grants.json" "microvm/policy.nft" "microvm/resolver.json";
    };
    onSwitch = builtins.unsafeDiscardStringContext host.config.system.activationScripts.microvm-grants.text;
    texts = if isNixos then builtins.mapAttrs (name: _: builtins.unsafeDiscardStringContext (textOf name)) names else null;
    services = builtins.mapAttrs (
      name: _: { inherit (systemd.services.\${name}) ${DEPENDENCIES.join(" ")} unitConfig serviceConfig; }
    ) (if isNixos then { } else names);
    udevRules = host.config.services.udev.extraRules;
    deletions = networking.nftables.extraDeletions or "";
    store = builtins.storeDir;
    derivations = if isNixos then builtins.attrNames (builtins.getContext (textOf "nftables")) else [ ];
  }`;

/** The program that the module makes of grant.py. */
const GRANT = `#!/bin/sh
exec /usr/bin/python3 -I /usr/lib/microvm/grant.py /etc/microvm/grants.json "$@"
`;

const FLUSH = "/run/nftables/flush.nft";
const HOST_RULES = "/run/nftables/rules.nft";

/**
 * nftables.service of NixOS with `networking.nftables.flushRuleset`, which flushes and loads in one transaction, with
 * the evaluated settings.
 */
const standIn = ({ serviceConfig }: Service): string =>
  unitFile(
    {
      Type: "oneshot",
      RemainAfterExit: true,
      ExecStart: `/usr/sbin/nft -f ${HOST_RULES}`,
      ExecStop: `/usr/sbin/nft -f ${FLUSH}`,
      ...serviceConfig,
      ExecReload: [`/usr/sbin/nft -f ${HOST_RULES}`, serviceConfig["ExecReload"] ?? []].flat(),
    },
    {
      DefaultDependencies: false,
      After: "sysinit.target",
      Before: ["network-pre.target", "shutdown.target"],
      Conflicts: "shutdown.target",
      Wants: ["network-pre.target", "sysinit.target"],
    },
  );

const textOf = ({ serviceConfig, unitConfig, ...dependencies }: Service): string =>
  unitFile(serviceConfig, {
    ...unitConfig,
    ...Object.fromEntries(
      DEPENDENCIES.map((name) => [name.replace(/^./, (letter) => letter.toUpperCase()), dependencies[name]]),
    ),
  });

/** A text file of a derivation of the rig, and the text files that it refers to. */
const filesOf = (derivation: string): Readonly<Record<string, string>> => {
  const whole = readFileSync(join(String(rig), "store", derivation), "utf8");
  const said = (name: string): string | undefined => {
    const [, value] = new RegExp(`\\("${name}","((?:[^"\\\\]|\\\\.)*)"\\)`).exec(whole) ?? [];
    return value === undefined ? undefined : (JSON.parse(`"${value}"`) as string);
  };
  const [path, text] = [said("out"), said("text")];
  if (path === undefined || text === undefined) return {};
  const named = whole.match(/\/nix\/store\/[a-z0-9]{32}-nftables-[a-z]+\.drv/g) ?? [];
  return Object.assign({ [path]: text }, ...named.map(filesOf)) as Readonly<Record<string, string>>;
};

/** @param isOnRig true to evaluate the modules of NixOS, with its nftables.service */
export const evaluatePolicyUnits = async (config: Config, isOnRig: boolean): Promise<PolicyUnits> => {
  const [nix] = nixes();
  if (nix === undefined) throw new Error("There is no nix.");
  const flake = emitFlake(config);
  const attr = "nixosConfigurations.lab";
  const { etc, onSwitch, texts, services, deletions, udevRules, store, derivations } = (
    isOnRig ? await evaluateOnRig(flake, attr, FACTS) : await evalFlake(`path:${flake}`, attr, { nix, apply: FACTS })
  ) as Facts;
  const units = NAMES.map((name) => [
    `${UNITS}/${name}.service`,
    texts?.[name] ?? (name === "nftables" ? standIn : textOf)(services[name]),
  ]);
  // The store of the stand-ins is in a folder that units cannot access.
  const files = Object.entries({
    ...Object.fromEntries(units),
    ...Object.fromEntries(Object.entries(etc).map(([name, text]) => [`/etc/${name}`, text])),
    "/run/udev/rules.d/99-microvm.rules": udevRules,
    ...(isOnRig
      ? Object.assign({}, ...derivations.map(filesOf))
      : {
          [FLUSH]: `flush ruleset\n${deletions}`,
          [HOST_RULES]: `include "${FLUSH}"\ntable ip host {\n}\n`,
        }),
  } as Readonly<Record<string, string>>).map(([path, text]) => [path, text.replaceAll(store, "/nix/store")] as const);
  const all = files.map(([, text]) => text).join("\n");
  const found = (pattern: RegExp): readonly string[] => [...new Set(all.match(pattern))];
  return {
    rules: etc["microvm/policy.nft"] ?? "",
    onSwitch: onSwitch.replaceAll(store, "/nix/store"),
    files: {
      ...Object.fromEntries(files),
      ...Object.fromEntries(
        found(/\/nix\/store\/[a-z0-9]{32}-resolver\.py/g).map((path) => [path, readLibrary()["resolver/resolver.py"]]),
      ),
      "/usr/lib/microvm/grant.py": readLibrary()["policy/grant.py"],
      "/usr/bin/microvm-grant": GRANT,
      // Other files of a VM, which other tests cover.
      ...Object.fromEntries(
        found(/microvm-[a-z-]+@(?=%i\.service)/g).map((name) => [
          `${UNITS}/${name}.service`,
          unitFile({ Type: "oneshot", RemainAfterExit: true, ExecStart: "/bin/true" }),
        ]),
      ),
    },
    packages: found(/\/nix\/store\/[a-z0-9]{32}-[^/\s":]+(?=\/(?:bin|lib)\/)/g),
  };
};
