/** Tests that a config can set every option of microvm.nix, by a setting or by the option's name. */
import { readFileSync } from "node:fs";
import { formatPath } from "@microvm-emit/model";
import { freeVariables, unusedBindings } from "@microvm-emit/nix-ast/scopes";
import { ast, type Config, emit, type NixFile, type Vm } from "microvm-emit";
import { assert, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Definition, definitionsOf } from "../packages/emit/src/check/definitions.js";
import { configSchema } from "../packages/microvm-model/src/config/config.js";
import { hostSchema } from "../packages/microvm-model/src/config/host.js";
import { microvmHostSchema, microvmSchema } from "../packages/microvm-model/src/config/microvm.js";
import { vmSchema } from "../packages/microvm-model/src/config/vm.js";
import { hostSettings, settingsOf, vmSettings } from "../packages/microvm-model/src/catalogue/microvm-options.js";
import { optionsIn } from "../packages/microvm-model/src/plan/named-options.js";
import { config } from "../packages/microvm-model/test/config.js";
import { configs } from "../packages/microvm-model/test/plans/configs.js";
import { asking, cells, names as hypervisorNames } from "../packages/microvm-model/test/matrix.js";

interface Option {
  readonly name: string;
  readonly type: string;
}

/** Options of microvm.nix at `revision`, from an evaluation, and those declared outside of options.nix. */
const data = JSON.parse(readFileSync(new URL("data/microvm-options.json", import.meta.url), "utf8")) as {
  readonly revision: string;
  readonly guest: readonly Option[];
  readonly host: readonly Option[];
  readonly outsideOptionsNix: readonly Option[];
};
const guest = [...data.guest, ...data.outsideOptionsNix];

/** The alternatives of a schema, without wrappers. */
const branches = (schema: z.core.$ZodType): readonly z.core.$ZodType[] => {
  if (schema instanceof z.ZodUnion || schema instanceof z.ZodDiscriminatedUnion)
    return schema.options.flatMap(branches);
  if (schema instanceof z.ZodArray) return branches(schema.element);
  if (schema instanceof z.ZodPipe) return branches(schema.in);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  )
    return branches(schema.unwrap());
  return schema instanceof z.ZodRecord ? [schema, ...branches(schema.valueType)] : [schema];
};

/** True if a config has a setting such as `devices[].qemu.bus`. */
const isSetting = (schema: z.core.$ZodType, [name, ...rest]: readonly string[]): boolean =>
  name === undefined ||
  branches(schema).some((branch) => {
    if (name === "NAME") return isSetting(branch, rest);
    return partOf(branch, name).some((inner) => isSetting(inner, rest));
  });

const steps = (setting: string): readonly string[] => setting.replaceAll("[]", "").split(".");

const partOf = (schema: z.core.$ZodType, name: string): readonly z.core.$ZodType[] => {
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema instanceof z.ZodObject ? schema.shape : {};
  return Object.hasOwn(shape, name) && shape[name] !== undefined ? [shape[name]] : [];
};

/** Names of the schema's options, with those of submodules in lists. */
const namesIn = (schema: z.ZodObject): readonly string[] =>
  optionsIn(schema).flatMap(({ option }) => {
    const name = option.join(".");
    const leaf = option.reduce<z.core.$ZodType>(
      (above, step) => branches(above).flatMap((part) => partOf(part, step))[0] ?? z.never(),
      schema,
    );
    const items = branches(leaf).flatMap((part) => (part instanceof z.ZodObject ? Object.keys(part.shape) : []));
    return [name, ...items.map((item) => `${name}.*.${item}`)];
  });

const byName = namesIn(microvmSchema);
const hostByName = namesIn(microvmHostSchema);

describe(`the options of microvm.nix at ${data.revision.slice(0, 7)}`, () => {
  it("include 121 of guests and 16 of hosts", () => {
    expect([data.guest.length, data.host.length]).toEqual([121, 16]);
  });

  it.each(guest)("include $name, which a VM can set in exactly one way", ({ name }) => {
    expect([Object.hasOwn(vmSettings, name), byName.includes(name)].filter(Boolean)).toHaveLength(1);
  });

  it.each(data.host)("include $name, which a host can set in exactly one way", ({ name }) => {
    expect([Object.hasOwn(hostSettings, name), hostByName.includes(name)].filter(Boolean)).toHaveLength(1);
  });

  it("include every setting and name of the config", () => {
    const known = guest.map(({ name }) => name);
    expect([...byName, ...Object.keys(vmSettings)].filter((name) => !known.includes(name))).toEqual([]);
    const hosts = data.host.map(({ name }) => name);
    expect([...hostByName, ...Object.keys(hostSettings)].filter((name) => !hosts.includes(name))).toEqual([]);
  });

  it.each(Object.entries(vmSettings))("include %s, with the setting %s of a VM", (_, setting) => {
    expect(isSetting(vmSchema, steps(setting))).toBe(true);
  });

  it.each(Object.entries(hostSettings))("include %s, with the setting %s of a host", (_, setting) => {
    expect(isSetting(hostSchema, steps(setting))).toBe(true);
  });
});

/** A value for each type of an option by name. */
const samples: Readonly<Record<string, unknown>> = {
  package: "hello",
  "null or package": "hello",
  "Nixpkgs package set": ast.ident("pkgs"),
  "attribute set of package": { qemu: "hello" },
  boolean: false,
  "list of string": ["--one", "two"],
  string: "q35",
  "null or string": "text",
  "absolute path": "/nix/var/image",
  'strings concatenated with "\\n"': "echo one",
  'attribute set of strings concatenated with "\\n"': { script: "echo two" },
  "null or (attribute set)": { kvm_capabilities: ["!56"] },
  "null or (attribute set of string)": { accel: "kvm" },
  "open submodule of (JSON value)": { "machine-config": { huge_pages: "2M", smt: null } },
  "list of (submodule)": [{ id: "port0", bus: "pcie.0", chassis: 1, slot: "2", addr: "0x3" }],
  'one of "Async", "Sync"': "Sync",
  'null or one of "debug", "info", "error"': null,
  'null or one of "never", "prefer", "mandatory"': "mandatory",
  "string or (unsigned integer, meaning >=0)": 4,
};

const filesOf = (input: unknown): readonly NixFile[] => {
  const result = emit(input);
  assert(result._tag === "Right", result._tag === "Left" ? JSON.stringify(result.left) : "");
  return result.right.files.flatMap((file) => (file.kind === "nix" ? [file] : []));
};

const exprOf = (input: unknown, path: string): NixFile["expr"] => {
  const file = filesOf(input).find((one) => one.path === path);
  assert(file);
  return file.expr;
};

/** The definition of an option in a module's file. */
const definitionAt = (expr: NixFile["expr"], ...set: readonly string[]): Definition | undefined => {
  // For an option of list elements, look at the first one.
  const path = set.map((step) => (step === "*" ? "[definition 1-entry 1]" : step));
  const [definition] = definitionsOf(expr, path);
  return definition?.depth === path.length ? definition : undefined;
};

/** The value that a module's file gives an option, as text; undefined if not set. */
const optionAt = (expr: NixFile["expr"], ...set: readonly string[]): string | undefined => {
  const definition = definitionAt(expr, ...set);
  return definition === undefined ? undefined : print(definition.value);
};

/** The part of the config to which errors of Nix in this definition refer. */
const originOf = (definition: Definition | undefined): string => formatPath(definition?.origin ?? []);

/** The value that a host's file gives an option below `microvm`. */
const optionIn = (expr: NixFile["expr"], option: string): string | undefined =>
  optionAt(expr, "microvm", ...option.split("."));

/** Options of microvm.nix that the library names differently. */
const inLibrary: Readonly<Record<string, string>> = {
  "vsock.cid": "vsockCid",
  "interfaces.*.tap.vhost": "interfaces.*.vhost",
  "volumes.*.size": "volumes.*.sizeMiB",
};

/**
 * The definition of an option of microvm.nix in a VM's file: in its NixOS, for its hypervisor only, or by an option of
 * the library.
 */
const definitionOfVm = (vm: Vm, option: string): Definition | undefined => {
  const expr = exprOf(config({ a: vm }), "hosts/h/vms/a.nix");
  const own = ["microvm-emit", "vms", "a"];
  const steps = option.split(".");
  return (
    definitionAt(expr, ...own, "config", "microvm", ...steps) ??
    definitionAt(expr, ...own, "microvm", ...steps) ??
    definitionAt(expr, ...own, ...(inLibrary[option] ?? option).split("."))
  );
};

/** Its value, as text. */
const optionOfVm = (vm: Vm, option: string): string | undefined => {
  const definition = definitionOfVm(vm, option);
  return definition === undefined ? undefined : print(definition.value);
};

const print = (value: ast.NixInput): string => ast.print(ast.toNix(value)).replaceAll(/\s+/g, " ").trim();

const packageOf = (name: string): ast.Expr => ast.select(ast.ident("pkgs"), name);

/** Wraps a value in objects, one per step. */
const nested = ([step, ...rest]: readonly string[], value: unknown): unknown =>
  step === undefined ? value : { [step]: nested(rest, value) };

describe("an option by name", () => {
  const options = guest.filter(({ name }) => byName.includes(name) && !name.includes(".*."));

  it.each(options)("$name is emitted at the same path", ({ name, type }) => {
    assert(Object.hasOwn(samples, type), `no sample of ${type}`);
    const sample = samples[type];
    const own =
      sample === "hello" ? packageOf("hello") : type.endsWith("of package") ? { qemu: packageOf("hello") } : sample;
    const microvm = nested(name.split("."), sample) as NonNullable<Vm["microvm"]>;
    expect(optionOfVm({ microvm }, name)).toBe(print(own as ast.NixInput));
  });

  it("of a host is emitted at the same path", () => {
    const expr = exprOf(config({ a: {} }, { microvm: { host: { enable: false } } }), "hosts/h/default.nix");
    expect(optionIn(expr, "host.enable")).toBe("false");
  });

  it.each(Object.keys(vmSettings).filter((name) => !name.includes("*")))(
    "%s is rejected when a setting exists",
    (name) => {
      const result = emit(config({ a: { microvm: nested(name.split("."), 1) } }));
      assert(result._tag === "Left");
      const [problem] = result.left;
      expect(problem?.code).toBe("unknown-key");
      expect(problem?.remedy).toContain(settingsOf(vmSettings, name)[0]);
    },
  );
});

/** An option of microvm.nix, a VM that sets it by a setting, and the emitted value. */
const settings: readonly (readonly [string, Vm, ast.NixInput])[] = [
  ["balloon", { hypervisor: "qemu", balloon: true }, true],
  ["deflateOnOOM", { balloon: { deflateOnOOM: false } }, false],
  ["initialBalloonMem", { balloon: { initialMiB: 512 } }, 512],
  ["cpu", { hypervisor: "qemu", cpu: "max" }, "max"],
  ["credentialFiles.KEY", { hypervisor: "qemu", credentialFiles: { KEY: "/run/key" } }, "/run/key"],
  ["devices.*.bus", { devices: [{ bus: "pci", path: "0000:01:00.0" }] }, "pci"],
  ["devices.*.path", { devices: [{ bus: "pci", path: "0000:01:00.0" }] }, "0000:01:00.0"],
  ...(["bus", "deviceExtraArgs", "id"] as const).map((name): [string, Vm, string] => [
    `devices.*.qemu.${name}`,
    { hypervisor: "qemu", devices: [{ bus: "pci", path: "0000:01:00.0", qemu: { [name]: "x=on" } }] },
    "x=on",
  ]),
  ["graphics.enable", { hypervisor: "qemu", graphics: true }, true],
  ["graphics.backend", { hypervisor: "qemu", graphics: { backend: "headless" } }, "headless"],
  ["graphics.crosvmPackage", { graphics: { crosvmPackage: "crosvm" } }, packageOf("crosvm")],
  ["graphics.hostmem", { hypervisor: "qemu", graphics: { hostMemoryMiB: 512 } }, "512M"],
  ["graphics.socket", { graphics: { socket: "gpu.sock" } }, "gpu.sock"],
  ["graphics.vulkan", { hypervisor: "qemu", graphics: { vulkan: "venus" } }, "venus"],
  ["hotplugMem", { hotplug: { maxMiB: 8192 } }, 8192],
  ["hotpluggedMem", { hotplug: { maxMiB: 8192, initialMiB: 0 } }, 0],
  ["hugepageMem", { hugepages: true }, true],
  ["hypervisor", { hypervisor: "qemu" }, "qemu"],
  ["kernel", { kernel: "linux" }, packageOf("linux")],
  ["kernelParams", { kernelParams: ["quiet"] }, ["quiet"]],
  ["machineId", { machineId: null }, null],
  ["mem", { memoryMiB: 1024 }, 1024],
  ["socket", { socket: "a.sock" }, "a.sock"],
  ["storeDiskErofsFlags", { store: { disk: "erofs", flags: ["-zlz4"] } }, ["-zlz4"]],
  ["storeDiskSquashfsFlags", { store: { disk: "squashfs", flags: ["-c", "xz"] } }, ["-c", "xz"]],
  ["storeDiskType", { store: { disk: "squashfs" } }, "squashfs"],
  ["user", { hypervisor: "qemu", runAs: "alice" }, "alice"],
  ["vcpu", { vcpu: 2 }, 2],
  ["vsock.cid", { vsock: { cid: 9 } }, 9],
  ["vsock.ssh.enable", { vsock: { ssh: true } }, true],
  [
    "interfaces.*.type",
    { network: "open", interfaces: [{ type: "macvtap", link: "eno1", mode: "bridge" }] },
    "macvtap",
  ],
  ["interfaces.*.id", { interfaces: [{ tap: "a0" }] }, "a0"],
  ["interfaces.*.mac", { interfaces: [{ mac: "02:00:00:00:00:99" }] }, "02:00:00:00:00:99"],
  [
    "interfaces.*.bridge",
    { hypervisor: "qemu", network: "open", interfaces: [{ type: "bridge", bridge: "br0" }] },
    "br0",
  ],
  [
    "interfaces.*.macvtap.link",
    { network: "open", interfaces: [{ type: "macvtap", link: "eno1", mode: "bridge" }] },
    "eno1",
  ],
  [
    "interfaces.*.macvtap.mode",
    { network: "open", interfaces: [{ type: "macvtap", link: "eno1", mode: "bridge" }] },
    "bridge",
  ],
  ["interfaces.*.tap.vhost", { hypervisor: "qemu", interfaces: [{ vhost: true }] }, true],
  ...Object.entries({
    from: "guest",
    proto: "tcp",
    "host.address": "127.0.0.1",
    "host.port": 8080,
    "guest.address": "10.0.2.100",
    "guest.port": 80,
  }).map(([name, value]): [string, Vm, ast.NixInput] => {
    const port = {
      from: "guest",
      proto: "tcp",
      host: { address: "127.0.0.1", port: 8080 },
      guest: { address: "10.0.2.100", port: 80 },
    } as const;
    return [
      `forwardPorts.*.${name}`,
      { hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }], forwardPorts: [port] },
      value,
    ];
  }),
  ...Object.entries({
    cache: ["never"],
    extraArgs: [["--debug"]],
    mountPoint: ["/data"],
    posixAcl: [false, { owners: "guest" }],
    proto: ["9p"],
    readOnly: [true],
    securityModel: ["mapped", { proto: "9p" }],
    socket: ["own.sock"],
    source: ["/srv/data"],
    tag: ["data"],
  }).map(([name, [value, more]]): [string, Vm, ast.NixInput] => {
    const share = { tag: "t", source: "/srv", ...(more as object | undefined), [name]: value };
    const alone = { store: "disk", workspace: false, sshHostKeys: false, writableStoreOverlay: null } as const;
    return [`shares.*.${name}`, { ...alone, hypervisor: "qemu", shares: [share] }, value as ast.NixInput];
  }),
  ...Object.entries({
    autoCreate: [false],
    direct: [true],
    fsType: ["xfs"],
    image: ["b.img"],
    imageType: ["qcow2", { autoCreate: false }],
    label: ["data"],
    mkfsExtraArgs: [["-m", "0"]],
    mountPoint: ["/data"],
    readOnly: [true],
    serial: ["0001"],
    size: [10],
  }).map(([name, [value, more]]): [string, Vm, ast.NixInput] => {
    const setting = name === "size" ? "sizeMiB" : name;
    const volume = { image: "a.img", sizeMiB: 5, ...(more as object | undefined), [setting]: value };
    return [`volumes.*.${name}`, { volumes: [volume] }, value as ast.NixInput];
  }),
];

describe("a setting", () => {
  it.each(settings)("sets microvm.nix's %s, whose errors refer to the setting", (name, vm, value) => {
    expect(optionOfVm(vm, name)).toBe(print(value));
    const [setting = ""] = vmSettings[name.replace(/\.KEY$/, "")]?.split(/[.[]/) ?? [];
    expect(`${originOf(definitionOfVm(vm, name))}.`).toMatch(new RegExp(`^hosts\\.h\\.vms\\.a\\.${setting}[.[]`));
  });

  it("is tested for each option that has one", () => {
    // `storeOnDisk` is a share of the store; lists are set by element; an overlay is in a module that guests share.
    const elsewhere = [
      "storeOnDisk",
      "devices",
      "shares",
      "volumes",
      "interfaces",
      "forwardPorts",
      "writableStoreOverlay",
    ];
    const tried = settings.map(([name]) => name.replace("credentialFiles.KEY", "credentialFiles"));
    expect(Object.keys(vmSettings).filter((name) => !tried.includes(name) && !elsewhere.includes(name))).toEqual([]);
  });

  it("puts the store on a share or a disk", () => {
    const shareStore = (vm: Vm): string | undefined => optionOfVm(vm, "shareStore");
    expect(shareStore({})).toBeUndefined();
    expect(shareStore({ store: "disk" })).toBe("false");
    expect(shareStore({ store: { disk: "erofs" } })).toBe("false");
  });
});

describe("a host's setting", () => {
  const hostFile = (vms: Readonly<Record<string, Vm>>, rest: Partial<Config["hosts"][string]>): NixFile["expr"] =>
    exprOf(config(vms, rest, { inputs: { fleet: { url: "github:me/fleet" } } }), "hosts/h/default.nix");
  const { ident, nix, select } = ast;
  const fleet = (...path: readonly string[]): ast.Expr => select(ident("inputs"), "fleet", ...path);

  it.each<readonly [string, Vm, ast.NixInput]>([
    ["autostart", { autostart: true }, true],
    ["restartIfChanged", { restartIfChanged: true }, true],
    ["packageSet.pkgs", { pkgs: null }, null],
    ["packageSet.nixpkgs", { nixpkgs: "nixpkgs-unstable" }, select(ident("inputs"), "nixpkgs-unstable")],
    ["specialArgs.site", { specialArgs: { site: "berlin" } }, "berlin"],
  ])("sets the library's %s of the VM", (name, vm, value) => {
    expect(optionOfVm(vm, name)).toBe(print(value));
  });

  it.each<readonly [string, Partial<Config["hosts"][string]>, ast.NixInput]>([
    ["stateDir", { stateDirectory: "/srv/vms" }, "/srv/vms"],
    ["host.startupTimeout", { startupTimeoutSeconds: 300 }, 300],
    ["host.useNotifySockets", { useNotifySockets: true }, true],
    ["vms.b.flake", { importedVms: { b: { flake: "fleet" } } }, fleet()],
    ["vms.b.updateFlake", { importedVms: { b: { flake: "fleet", updateFlake: "git+file:///f" } } }, "git+file:///f"],
    ["vms.b.autostart", { importedVms: { b: { flake: "fleet", autostart: true } } }, true],
    ["vms.b.restartIfChanged", { importedVms: { b: { flake: "fleet", restartIfChanged: true } } }, true],
    [
      "vms.b.evaluatedConfig",
      { importedVms: { b: { evaluatedConfig: "fleet.nixosConfigurations.web" } } },
      fleet("nixosConfigurations", "web"),
    ],
    ["vms.b.evaluatedConfig", { importedVms: { b: { evaluatedConfig: nix`import ./b.nix` } } }, nix`import ./b.nix`],
  ])("sets microvm.nix's %s", (name, rest, value) => {
    expect(optionIn(hostFile({ a: {} }, rest), name)).toBe(print(value));
  });
});

/** The value of an option in a file, as text; undefined if not set. */
type Emitted = readonly [
  file: string,
  option: string,
  value: string | undefined,
  vm: Vm,
  more?: { readonly host?: object; readonly rest?: object },
];

const nat = (more: object) => ({
  host: { bridges: { br0: { address: "10.0.0.1/24", ipv6: "fd00::1/64", nat: more } } },
});
const zsh = { home: [{ program: "zsh", history: { size: 9 }, init: ["setopt x"], extraInit: "unsetopt y" }] } as const;
const other = { rest: { inputs: { other: { url: "github:me/other", follows: { nixpkgs: "nixpkgs" } } } } };
const emacs = {
  home: [{ program: "emacs", package: "emacs-nox", configDirectory: { input: "other", path: "emacs" } }],
} as const;
const routed = { host: { routed: { address: "10.9.0.1/24" } } };
const vmFile = "hosts/h/vms/a.nix";
const hostFile = "hosts/h/default.nix";

const emittedOptions: readonly Emitted[] = [
  [vmFile, "microvm-emit/vms/a/network", '"none"', { network: "none" }],
  [vmFile, "microvm-emit/vms/a/allow/*", '"9.9.9.9"', { network: "allowlist", allow: ["9.9.9.9"] }],
  [
    vmFile,
    "microvm-emit/vms/a/publish/*/proto",
    undefined,
    { publish: [{ host: 80, guest: 22 }] },
    nat({ externalInterface: "eno1" }),
  ],
  [
    vmFile,
    "microvm-emit/vms/a/publish/*/proto",
    '"udp"',
    { publish: [{ host: 80, guest: 80, proto: "udp" }], firewall: false },
    nat({ externalInterface: "eno1" }),
  ],
  [vmFile, "microvm-emit/vms/a/config/environment/systemPackages", "[ pkgs.jq ]", { packages: ["jq"] }],
  [vmFile, "microvm-emit/vms/a/config/microvm-emit/unpatchedBinaries", "true", { unpatchedBinaries: true }],
  [
    vmFile,
    "microvm-emit/vms/a/config/networking/firewall/allowedTCPPorts",
    "[ 80 ]",
    { firewall: { allowedTCPPorts: [80] } },
  ],
  [vmFile, "microvm-emit/vms/a/config/system/stateVersion", '"25.05"', { stateVersion: "25.05" }],
  [
    vmFile,
    "microvm-emit/vms/a/config/home-manager/users/alice/programs/zsh/initContent",
    "lib.mkAfter '' unsetopt y ''",
    zsh,
  ],
  [
    vmFile,
    "microvm-emit/vms/a/interfaces/*/addresses",
    '[ "10.9.0.7/24" ]',
    { interfaces: [{ routed: true, address: "10.9.0.7" }] },
    routed,
  ],
  [vmFile, "microvm-emit/vms/a/interfaces/*/gateways", undefined, { interfaces: [{ routed: true }] }, routed],
  [
    vmFile,
    "microvm-emit/vms/a/interfaces/*/gateways",
    '[ "192.168.7.1" ]',
    {
      network: "open",
      interfaces: [
        { type: "macvtap", link: "eno1", mode: "bridge", address: "192.168.7.5/24", gateway: "192.168.7.1" },
      ],
    },
  ],
  [hostFile, "microvm-emit/routed/addresses", '[ "10.9.0.1/24" ]', {}, routed],
  [hostFile, "microvm-emit/bridges/br0/nat/externalInterface", '"eno1"', {}, nat({ externalInterface: "eno1" })],
  [hostFile, "microvm-emit/bridges/br0/nat/ipv6", undefined, {}, nat({ externalInterface: "eno1" })],
  [hostFile, "microvm-emit/bridges/br0/nat/ipv6", "true", {}, nat({ ipv6: true })],
  [hostFile, "microvm-emit/specialArgs/pkgsUnfree", undefined, { agent: "codex" }],
  [
    hostFile,
    "microvm-emit/specialArgs/pkgsUnstable",
    'import inputs.nixpkgs-unstable { inherit (pkgs.stdenv.hostPlatform) system; config.allowUnfreePredicate = package: builtins.elem (lib.getName package) [ "claude-code" ]; }',
    { agent: "claude-code" },
  ],
  [
    hostFile,
    "microvm-emit/specialArgs/pkgsUnstable",
    "import inputs.nixpkgs-unstable { inherit (pkgs.stdenv.hostPlatform) system; }",
    { agent: "codex" },
  ],
  ["modules/codex.nix", "microvm-emit/agent/copiedFrom", undefined, { agent: "codex", agentState: "own" }],
  ["modules/codex.nix", "microvm-emit/agent/copiedFrom", '"/run/agent-state"', { agent: "codex", agentState: "copy" }],
  [
    "modules/claude-code.nix",
    "microvm-emit/agent/links",
    '{ "/home/alice/.claude" = "/home/alice/claude-microvm"; }',
    { agent: "claude-code" },
  ],
  ["modules/zsh.nix", "programs/zsh/history/size", "9", zsh],
  ["modules/zsh.nix", "programs/zsh/initContent", "'' setopt x ''", zsh],
  ["modules/emacs.nix", "programs/emacs/package", "pkgs.emacs-nox", emacs, other],
  ["modules/emacs.nix", "home/file/.config/emacs/source", '"${inputs.other}/emacs"', emacs, other],
  ["modules/groups.nix", "users/groups/data/gid", "2000", { groups: { data: { gid: 2000 } } }],
  ["modules/groups.nix", "users/groups/data/gid", undefined, {}],
  ["modules/sudo.nix", "users/users/alice/extraGroups", '[ "wheel" ]', { sudo: true }],
  ["modules/user-bob.nix", "users/users/bob/uid", "1001", { users: { bob: { uid: 1001, gid: 1002 } } }],
  ["modules/user-bob.nix", "users/groups/bob/gid", "1002", { users: { bob: { uid: 1001, gid: 1002 } } }],
  [
    "modules/user-bob.nix",
    "users/users/bob/shell",
    "lib.mkOverride 900 pkgs.zsh",
    { users: { bob: { uid: 1001, gid: 1002, home: ["zsh"] } } },
  ],
  ["flake.nix", "inputs/other/flake", undefined, {}, other],
  ["flake.nix", "inputs/other/flake", "false", {}, { rest: { inputs: { other: { url: "path:./x", flake: false } } } }],
  [hostFile, "microvm-emit/user/name", '"alice"', {}],
  [hostFile, "microvm-emit/user/uid", undefined, {}],
  [vmFile, "microvm-emit/vms/a/secrets/K/file", '"/run/k"', { secrets: { K: "/run/k" } }],
  [vmFile, "microvm-emit/vms/a/secrets/K/variable", '"K"', { secrets: { K: "/run/k" } }],
  [vmFile, "microvm-emit/vms/a/secrets/k/variable", undefined, { secrets: { k: { file: "/run/k" } } }],
  [vmFile, "microvm-emit/vms/a/secrets/k/variable", '"KEY"', { secrets: { k: { file: "/run/k", variable: "KEY" } } }],
  [vmFile, "microvm-emit/vms/a/environment/B", '"2"', { environment: { B: "2" } }],
  [vmFile, "microvm-emit/vms/a/limits/cpuPercent", "150", { limits: { cpuPercent: 150 } }],
  [
    vmFile,
    "microvm-emit/vms/a/repository/mountPoint",
    '"/w"',
    { workspace: { repo: "~/p", transport: "git", mountPoint: "/w" } },
  ],
  [vmFile, "microvm-emit/vms/a/renamed/from", '"old"', { renamedFrom: "old" }],
  [vmFile, "microvm-emit/vms/a/nameservers", '[ "9.9.9.9" ]', { nameservers: ["9.9.9.9"] }],
  [vmFile, "microvm-emit/vms/a/bandwidthMbitPerSecond", "10", { bandwidthMbitPerSecond: 10 }],
  [vmFile, "microvm-emit/vms/a/reachHost", '[ 8080 "udp/69" ]', { reachHost: [8080, { port: 69, proto: "udp" }] }],
  [
    vmFile,
    "microvm-emit/vms/a/config/imports",
    "[ ../../../modules/user-alice.nix inputs.home-manager.nixosModules.home-manager ]",
    zsh,
  ],
  [hostFile, "microvm-emit/bridges/br0/gateway", undefined, {}],
  [
    "modules/user-bob.nix",
    "users/users/bob/openssh/authorizedKeys/keys",
    undefined,
    { users: { bob: { uid: 1001, gid: 1002, sshKeys: [] } } },
  ],
  [
    hostFile,
    "microvm-emit/bridges/br0/gateway",
    '"10.0.0.254"',
    {},
    { host: { bridges: { br0: { address: "10.0.0.1/24", gateway: "10.0.0.254", ports: ["eno1"], network: "open" } } } },
  ],
  ["modules/zsh.nix", "programs/zsh/enable", "true", zsh],
  ["modules/user-alice.nix", "programs/zsh/enable", "true", zsh],
  ["modules/user-alice.nix", "programs/zsh/enable", undefined, {}],
  [
    vmFile,
    "microvm-emit/vms/a/config/microvm-emit/nixpkgs",
    "inputs.nixpkgs-unstable.outPath",
    { nixpkgs: "nixpkgs-unstable" },
  ],
  ["modules/emacs.nix", "programs/emacs/enable", "true", emacs, other],
  ["modules/user-bob.nix", "users/users/bob/extraGroups", undefined, { users: { bob: { uid: 1001, gid: 1002 } } }],
  [
    "modules/user-bob.nix",
    "users/users/bob/extraGroups",
    '[ "wheel" ]',
    { users: { bob: { uid: 1001, gid: 1002, extraGroups: ["wheel"] } } },
  ],
  ["modules/user-bob.nix", "users/users/bob/home", undefined, { users: { bob: { uid: 1001, gid: 1002 } } }],
  [
    "modules/user-bob.nix",
    "users/users/bob/home",
    '"/srv/bob"',
    { users: { bob: { uid: 1001, gid: 1002, homeDirectory: "/srv/bob" } } },
  ],
  ["flake.nix", "inputs/other/url", '"github:me/other"', {}, other],
  ["flake.nix", "inputs/other/inputs/nixpkgs/follows", '"nixpkgs"', {}, other],
];

describe("an emitted file", () => {
  const rows = emittedOptions.map(([path, option, value, vm, more = {}]) => ({ path, option, value, vm, more }));

  it.each(rows)("$path has $option = $value", ({ path, option, value, vm, more }) => {
    const found = filesOf(config({ a: vm }, more.host, more.rest)).find((one) => one.path === path);
    expect(found && optionAt(found.expr, ...option.split(/(?<!\.config)\//))).toBe(value);
  });
});

/** True if a config can have this place. */
const isPlace = (schema: z.core.$ZodType, [step, ...rest]: readonly (string | number)[]): boolean =>
  step === undefined ||
  branches(schema).some((branch) => {
    if (typeof step === "number") return isPlace(branch, rest);
    if (branch instanceof z.ZodRecord) return isPlace(branch.valueType, rest);
    return partOf(branch, step).some((inner) => isPlace(inner, rest));
  });

it.each(Object.entries(configs))("the files of %s take the arguments that they use, and no others", (_, input) => {
  const wrong = filesOf(input).flatMap(({ path, expr }) => [
    ...freeVariables(expr).map((name) => `${path} lacks ${name}`),
    ...unusedBindings(expr).map(({ name }) => `${path} does not use ${name}`),
  ]);
  expect(wrong).toEqual([]);
});

describe("errors of Nix", () => {
  it.each(Object.entries(configs))("in the files of %s refer to places that a config can have", (_, input) => {
    const origins = filesOf(input)
      .flatMap(({ expr }) => ast.nodesOf(expr))
      .flatMap((node) => ("origin" in node ? [node.origin] : []));
    expect(origins.length).toBeGreaterThan(50);
    expect(origins.filter((origin) => !isPlace(configSchema, origin)).map((origin) => formatPath(origin))).toEqual([]);
  });
});

/** Features of the matrix as named in docs/hardware.md. */
const featureNames: Readonly<Record<keyof typeof asking, string>> = {
  "9p": 'share: proto: "9p"',
  "9p-read-only": "the same with readOnly: true",
  virtiofs: 'share: proto: "virtiofs"',
  "9p-owners": "share: securityModel",
  "volume-direct": "volume: direct",
  "volume-serial": "volume: serial",
  "volume-qcow2": "volume: imageType, except raw",
  "volume-read-only": "volume: readOnly",
  balloon: "balloon",
  "balloon-initial": "balloon.initialMiB",
  "balloon-kept": "balloon.deflateOnOOM: false",
  "hotplug-microvm": "hotplug",
  "hotplug-q35": "hotplug, QEMU machine q35",
  hugepages: "hugepages",
  cpu: "cpu",
  credentials: "credentialFiles",
  "run-as": "runAs",
  "device-pci": 'device: bus: "pci"',
  "device-usb": 'device: bus: "usb"',
  "device-qemu": "device: qemu",
  graphics: "graphics",
  "graphics-headless": 'graphics.backend: "headless"',
  vsock: "vsock",
  "no-socket": "socket: null",
  user: 'interface: type: "user"',
  macvtap: 'interface: type: "macvtap"',
  bridge: 'interface: type: "bridge"',
  tap: 'interface: type: "tap"',
  vhost: "interface: vhost",
};

describe("docs/hardware.md", () => {
  const text = readFileSync(new URL("../docs/hardware.md", import.meta.url), "utf8");
  /** Cells of each table, by its first header cells. */
  const tables = text
    .split(/\n\n+/)
    .filter((block) => block.startsWith("|"))
    .map((block) =>
      block
        .trim()
        .split("\n")
        .map((line) =>
          line
            .split("|")
            .slice(1, -1)
            .map((cell) => cell.trim().replaceAll("`", "")),
        ),
    );

  it("lists the options with another name in configs", () => {
    const renamed = (settings: Readonly<Record<string, string>>): readonly (readonly string[])[] =>
      Object.entries(settings).filter(([option, setting]) => option.replaceAll(".*", "[]") !== setting);
    const [vm, host] = tables.filter(([header]) => header?.join() === "option,setting");
    expect(vm?.slice(2)).toEqual(renamed(vmSettings));
    expect(host?.slice(2)).toEqual(renamed(hostSettings));
  });

  it("has the matrix of hypervisors", () => {
    const [matrix] = tables.filter(([header]) => header?.includes("qemu"));
    const words = { "+": "yes", "!": "no", "~": "ignored", "?": "doubtful" } as const;
    const shown = Object.entries(featureNames).map(([feature, name]) => [
      name,
      ...cells.filter(({ what }) => what === feature).map(({ mark }) => words[mark as keyof typeof words]),
    ]);
    expect(matrix?.[0]).toEqual(["setting of a VM", ...hypervisorNames]);
    expect(matrix?.slice(2)).toEqual(shown);
  });
});
