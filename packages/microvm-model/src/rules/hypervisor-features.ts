import type { Feature, HypervisorName } from "../catalogue/hypervisors.js";
import type { InterfacePlan, ShareRole, VmPlan } from "../plan/plan.js";
import type { ConfigPath } from "../problems/problem.js";

/** Settings of a VM that need a feature of its hypervisor. */
export interface FeatureUse {
  readonly feature: Feature;
  /** Verb phrase after "qemu cannot": "share … over 9p". */
  readonly does: (what: string) => string;
  /** Remedy for any hypervisor, or by its name. */
  readonly instead: string | ((name: HypervisorName) => string);
  /** Settings of the VM that need the feature. */
  readonly uses: (vm: VmPlan) => readonly Use[];
}
export interface Use {
  readonly path: ConfigPath;
  readonly what: string;
  /** Remedy of this use. */
  readonly instead?: string;
}

/** Use of a setting of the VM itself. */
const asks = (vm: VmPlan, setting: string, isAsked: boolean, what = ""): readonly Use[] =>
  isAsked ? [{ path: [...vm.path, setting], what }] : [];

const shares =
  (proto: "9p" | "virtiofs", readOnly?: boolean): FeatureUse["uses"] =>
  (vm) => {
    const all = vm.storage.shares.filter(
      (share) => share.proto === proto && (readOnly === undefined || share.readOnly === readOnly),
    );
    return [
      ...ofDefaults(
        vm,
        all.flatMap(({ role }) => (role === "own" ? [] : [builtIn[role]])),
      ),
      ...all.filter(({ role }) => role === "own").map(ofShare),
    ];
  };

const ofShare = ({ path, tag }: VmPlan["storage"]["shares"][number]): Use => ({
  path: [...path, "proto"],
  what: tag.value,
});

/** Built-in shares, each with its remedy. */
const builtIn: Readonly<Record<Exclude<ShareRole, "own">, readonly [what: string, instead: string]>> = {
  store: ["the store", 'set store: "disk"'],
  sshHostKeys: ["SSH host keys", "set sshHostKeys: false"],
  workspace: ["the workspace", "set workspace: false"],
  agent: ["the agent's login", "remove `agent`"],
  secrets: ["secrets", "remove `secrets`"],
};

/** Built-in shares have no place in the config, so the path is that of the hypervisor. */
const ofDefaults = ({ path }: VmPlan, own: readonly (readonly [what: string, instead: string])[]): readonly Use[] =>
  own.length === 0
    ? []
    : [
        {
          path: [...path, "hypervisor"],
          what: inWords(own.map(([what]) => what)),
          instead: capitalized(["set", "remove"].flatMap((verb) => stepOf(verb, own)).join("; ")),
        },
      ];

/** `set a, b and c`: the remedies that begin with the verb, as one. */
const stepOf = (verb: string, own: readonly (readonly [what: string, instead: string])[]): readonly string[] => {
  const parts = own.flatMap(([, instead]) => (instead.startsWith(`${verb} `) ? [instead.slice(verb.length + 1)] : []));
  return parts.length === 0 ? [] : [`${verb} ${inWords(parts)}`];
};

/** `a, b and c` */
const inWords = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1) ?? ""}`;

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const devices =
  (bus: "pci" | "usb"): FeatureUse["uses"] =>
  (vm) =>
    vm.machine.devices.filter((device) => device.bus === bus).map(({ path, device: what }) => ({ path, what }));

/** Volumes that need the feature; `what` describes each. */
const volumes =
  (setting: string, what: (volume: VmPlan["storage"]["volumes"][number]) => string | null): FeatureUse["uses"] =>
  (vm) =>
    vm.storage.volumes.flatMap((volume) => {
      const asked = what(volume);
      return asked === null ? [] : [{ path: [...volume.path, setting], what: asked }];
    });
const interfaces =
  (asks: (link: InterfacePlan) => boolean, key: string): FeatureUse["uses"] =>
  (vm) =>
    vm.network.interfaces.filter(asks).map(({ path, id }) => ({ path: [...path, key], what: id.value }));

export const features: readonly FeatureUse[] = [
  {
    feature: "9p",
    does: (tag) => `share ${tag} over 9p`,
    instead: 'Use proto "virtiofs"',
    uses: shares("9p", false),
  },
  {
    feature: "9p-read-only",
    does: (tag) => `share ${tag} read-only over 9p`,
    instead: 'Use proto "virtiofs"',
    uses: shares("9p", true),
  },
  {
    feature: "virtiofs",
    does: (tag) => `share ${tag} over virtiofs`,
    instead: "Remove the share",
    uses: shares("virtiofs"),
  },
  {
    feature: "9p-owners",
    does: (tag) => `keep the owners of share ${tag} with a securityModel`,
    instead: "Remove `securityModel`",
    uses: (vm) =>
      vm.storage.shares
        .filter(({ proto, securityModel }) => proto === "9p" && securityModel !== null)
        .map(({ path, tag }) => ({ path: [...path, "securityModel"], what: tag.value })),
  },
  {
    feature: "volume-direct",
    does: (image) => `read ${image} without the host's page cache`,
    instead: "Remove `direct`",
    uses: volumes("direct", ({ direct, image }) => (direct ? image : null)),
  },
  {
    feature: "volume-serial",
    does: (image) => `give ${image} a serial number`,
    instead: "Remove `serial` and find the disk by its `label`",
    uses: volumes("serial", ({ serial, image }) => (serial === null ? null : image)),
  },
  {
    feature: "volume-format",
    does: (what) => `read ${what}`,
    instead: "Convert the image with qemu-img(1) and remove `imageType`",
    uses: volumes("imageType", ({ imageType, image }) =>
      imageType === null || imageType === "raw" ? null : `${image} as ${imageType}`,
    ),
  },
  {
    feature: "volume-read-only",
    does: (image) => `make ${image} read-only`,
    instead: "Remove `readOnly`",
    uses: volumes("readOnly", ({ readOnly, image }) => (readOnly ? image : null)),
  },
  {
    feature: "balloon",
    does: () => "take memory from a running guest",
    instead: "Remove `balloon`",
    uses: (vm) => asks(vm, "balloon", vm.machine.balloon !== null),
  },
  {
    feature: "balloon-initial",
    does: (initialMiB) => `start with ${initialMiB} MiB in the balloon`,
    instead: "Set balloon: true",
    uses: (vm) =>
      asks(vm, "balloon", (vm.machine.balloon?.initialMiB ?? 0) > 0, String(vm.machine.balloon?.initialMiB)),
  },
  {
    feature: "balloon-kept",
    does: () => "keep the balloon inflated when the guest runs out of memory",
    instead: "Set balloon: true",
    uses: (vm) => asks(vm, "balloon", vm.machine.balloon?.deflateOnOOM === false),
  },
  {
    feature: "hotplug-microvm",
    does: () => "give a running guest more memory on the machine `microvm`",
    instead: (name) =>
      name === "qemu" ? 'Set `microvm.qemu.machine`, such as "q35"' : "Remove `hotplug` and raise `memoryMiB`",
    uses: (vm) => asks(vm, "hotplug", vm.machine.hotplug !== null && vm.machine.qemuMachine === "microvm"),
  },
  {
    feature: "hotplug",
    does: () => "give a running guest more memory",
    instead: "Remove `hotplug` and raise `memoryMiB`",
    uses: (vm) => asks(vm, "hotplug", vm.machine.hotplug !== null && vm.machine.qemuMachine !== "microvm"),
  },
  {
    feature: "hugepages",
    does: () => "put the guest's memory into huge pages",
    instead: "Remove `hugepages`",
    uses: (vm) => asks(vm, "hugepages", vm.machine.hugepages),
  },
  {
    feature: "cpu",
    does: (cpu) => `emulate the CPU ${cpu}`,
    instead: "Remove `cpu`",
    uses: (vm) => asks(vm, "cpu", vm.machine.cpu !== null, vm.machine.cpu ?? ""),
  },
  {
    feature: "credentials",
    does: (name) => `pass the credential ${name} to the guest`,
    instead: "Use `secrets`, which work with every hypervisor",
    uses: (vm) =>
      Object.keys(vm.machine.credentialFiles).map((name) => ({
        path: [...vm.path, "credentialFiles", name],
        what: name,
      })),
  },
  {
    feature: "run-as",
    does: (user) => `switch to the user ${user}`,
    instead: "Remove `runAs`, because the VM's service runs as the user microvm",
    uses: (vm) => asks(vm, "runAs", vm.machine.runAs !== null, vm.machine.runAs ?? ""),
  },
  {
    feature: "device-pci",
    does: (device) => `pass through the PCI device ${device}`,
    instead: "Remove the device",
    uses: devices("pci"),
  },
  {
    feature: "device-usb",
    does: (device) => `pass through the USB device ${device}`,
    instead: "Remove the device, or pass through the PCI device of its port",
    uses: devices("usb"),
  },
  {
    feature: "device-qemu",
    does: (device) => `use the \`qemu\` settings of ${device}`,
    instead: "Remove the device's `qemu`",
    uses: (vm) =>
      vm.machine.devices
        .filter(({ qemu }) => Object.keys(qemu).length > 0)
        .map(({ path, device }) => ({ path: [...path, "qemu"], what: device })),
  },
  {
    feature: "graphics",
    does: () => "give the guest a screen",
    instead: "Remove `graphics`",
    uses: (vm) => asks(vm, "graphics", vm.machine.graphics !== null),
  },
  {
    feature: "graphics-settings",
    does: (setting) => `support graphics.${setting}`,
    instead: "Set graphics: true",
    uses: (vm) =>
      vm.machine.graphics === null
        ? []
        : [
            ...asks(vm, "graphics", vm.machine.graphics.vulkan !== null, "vulkan"),
            ...asks(vm, "graphics", vm.machine.graphics.backend === "headless", "backend"),
          ],
  },
  {
    feature: "vsock",
    does: () => "give the guest a vsock address",
    instead: "Set vsock: false",
    uses: ({ machine: { vsockCid } }) =>
      vsockCid === null ? [] : [{ path: vsockCid.path, what: String(vsockCid.value) }],
  },
  {
    feature: "no-socket",
    does: () => "run without a control socket",
    instead: "Name a socket",
    uses: (vm) => asks(vm, "socket", vm.machine.socket === null),
  },
  {
    feature: "interface-user",
    does: () => "run a user-mode network (interface type user)",
    instead: 'Use type "tap"',
    uses: interfaces(({ type }) => type === "user", "type"),
  },
  {
    feature: "interface-macvtap",
    does: () => "use a macvtap",
    instead: 'Use type "tap"',
    uses: interfaces(({ type }) => type === "macvtap", "type"),
  },
  {
    feature: "interface-bridge",
    does: () => "call qemu-bridge-helper (interface type bridge)",
    instead: 'Use type "tap"',
    uses: interfaces(({ type }) => type === "bridge", "type"),
  },
  {
    feature: "interface-tap",
    does: () => "use a tap",
    instead: 'Use type "user"',
    uses: interfaces(({ type }) => type === "tap", "type"),
  },
  {
    feature: "vhost",
    does: () => "process packets of a tap in the kernel (vhost)",
    instead: "Remove `vhost`",
    uses: interfaces((link) => link.type === "tap" && link.vhost, "vhost"),
  },
];
