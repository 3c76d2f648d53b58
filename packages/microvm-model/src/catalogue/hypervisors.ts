import type { InterfacePlan, VmPlan } from "../plan/plan.js";
import type { ProblemCode } from "../problems/problem-codes.js";
import { settingOf } from "../plan/own-folders.js";
import type { ConfigPath } from "../problems/problem.js";

/** The programs that can run a VM; microvm.nix has a runner for each. */
export const hypervisors = [
  "alioth",
  "cloud-hypervisor",
  "crosvm",
  "firecracker",
  "kvmtool",
  "qemu",
  "stratovirt",
  "vfkit",
] as const;
export type HypervisorName = (typeof hypervisors)[number];

/** What a NixOS host cannot run: vfkit stands on macOS's own virtualization (microvm.nix lib/runners/vfkit.nix). */
export const needsMacos = (name: HypervisorName): boolean => name === "vfkit";

/** Where microvm.nix does not start the guest by systemd's initrd (nixos-modules/microvm/optimization.nix at August 2026). */
export const usesScriptedInitrd = (name: HypervisorName): boolean =>
  name === "alioth" || name === "crosvm" || name === "kvmtool";

/**
 * What comes of a feature: it works; building the runner fails; it is left out without a word; or the runner passes it on,
 * but microvm.nix's README says that it does not work.
 */
export type Support = "yes" | "fails" | "ignored" | "doubtful";

/** Something that a VM can ask of its hypervisor. */
export interface Feature {
  readonly code: ProblemCode;
  /** The feature as what a hypervisor does: "share … over 9p". */
  readonly does: (what: string) => string;
  /** What to do instead, whatever the hypervisor, or by its name. */
  readonly instead: string | ((name: HypervisorName) => string);
  /** Where a VM asks for it, and of what. */
  readonly uses: (vm: VmPlan) => readonly Use[];
  readonly support: Readonly<Record<HypervisorName, Support>>;
}
export interface Use {
  readonly path: ConfigPath;
  readonly what: string;
  /** What to do instead, where that depends on the use. */
  readonly instead?: string;
}

/** One answer for all hypervisors but those named. */
const everywhere = (
  support: Support,
  others: Partial<Readonly<Record<HypervisorName, Support>>> = {},
): Feature["support"] => ({
  alioth: support,
  "cloud-hypervisor": support,
  crosvm: support,
  firecracker: support,
  kvmtool: support,
  qemu: support,
  stratovirt: support,
  vfkit: support,
  ...others,
});

const credentials = everywhere("fails", { qemu: "yes" });

/** How a hypervisor hands secrets to its guest: by systemd credentials where it has them. */
export const secretsBy = (name: HypervisorName): "credential" | "share" =>
  credentials[name] === "yes" ? "credential" : "share";

/** A use of a setting of the VM itself, where it is one. */
const asks = (vm: VmPlan, setting: string, isAsked: boolean, what = ""): readonly Use[] =>
  isAsked ? [{ path: [...vm.path, setting], what }] : [];

const shares =
  (proto: "9p" | "virtiofs", readOnly?: boolean): Feature["uses"] =>
  (vm) => {
    const all = vm.shares.filter(
      (share) => share.proto === proto && (readOnly === undefined || share.readOnly === readOnly),
    );
    const written = all.filter((share) => typeof settingOf(share) === "number");
    return [
      ...ofDefaults(
        vm,
        all.flatMap((share) => {
          const own = ownShares[String(settingOf(share))];
          return own === undefined ? [] : [own];
        }),
      ),
      ...written.map(ofShare),
    ];
  };

const ofShare = ({ path, tag }: VmPlan["shares"][number]): Use => ({ path: [...path, "proto"], what: tag.value });

/** What a VM shares without a word of its config, and how it does without. */
const ownShares: Readonly<Record<string, readonly [what: string, instead: string]>> = {
  store: ["the store", 'set store: "disk"'],
  sshHostKeys: ["SSH host keys", "set sshHostKeys: false"],
  workspace: ["the workspace", "set workspace: false"],
  agent: ["the agent's login", "leave `agent` out"],
  secrets: ["secrets", "leave `secrets` out"],
};

/** Nothing of these need be written, so that the hypervisor itself is the place to correct. */
const ofDefaults = ({ path }: VmPlan, own: readonly (readonly [what: string, instead: string])[]): readonly Use[] =>
  own.length === 0
    ? []
    : [
        {
          path: [...path, "hypervisor"],
          what: inWords(own.map(([what]) => what)),
          instead: capitalized(inWords(own.map(([, instead]) => instead)).replaceAll(/(?<=(?:,| and) )set /g, "")),
        },
      ];

/** `a, b and c` */
const inWords = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1) ?? ""}`;

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const devices =
  (bus: "pci" | "usb"): Feature["uses"] =>
  (vm) =>
    vm.devices.filter((device) => device.bus === bus).map(({ path, device: what }) => ({ path, what }));

/** Volumes that ask for something, in the words of `what`. */
const volumes =
  (setting: string, what: (volume: VmPlan["volumes"][number]) => string | null): Feature["uses"] =>
  (vm) =>
    vm.volumes.flatMap((volume) => {
      const asked = what(volume);
      return asked === null ? [] : [{ path: [...volume.path, setting], what: asked }];
    });
const interfaces =
  (asks: (link: InterfacePlan) => boolean, key: string): Feature["uses"] =>
  (vm) =>
    vm.interfaces.filter(asks).map(({ path, id }) => ({ path: [...path, key], what: id.value }));

/** Each runner's command was built with each feature (microvm.nix lib/runners); doubts are those of its README. */
export const features: readonly Feature[] = [
  {
    code: "unsupported-share-proto",
    does: (tag) => `share ${tag} over 9p`,
    instead: 'Use proto "virtiofs"',
    uses: shares("9p", false),
    support: everywhere("fails", { crosvm: "doubtful", kvmtool: "yes", qemu: "yes" }),
  },
  {
    code: "unsupported-share-proto",
    does: (tag) => `share ${tag} over 9p for reading only`,
    instead: 'Use proto "virtiofs"',
    uses: shares("9p", true),
    support: everywhere("fails", { qemu: "yes" }),
  },
  {
    code: "unsupported-share-proto",
    does: (tag) => `share ${tag} over virtiofs`,
    instead: "Leave the share out",
    uses: shares("virtiofs"),
    support: everywhere("yes", { alioth: "doubtful", firecracker: "fails", kvmtool: "fails", stratovirt: "doubtful" }),
  },
  {
    code: "unsupported-share-setting",
    does: (tag) => `keep the owners of share ${tag} by a securityModel`,
    instead: "Leave `securityModel` out",
    uses: (vm) =>
      vm.shares
        .filter(({ proto, securityModel }) => proto === "9p" && securityModel !== null)
        .map(({ path, tag }) => ({ path: [...path, "securityModel"], what: tag.value })),
    support: everywhere("ignored", { qemu: "yes" }),
  },
  {
    code: "unsupported-volume-setting",
    does: (image) => `read ${image} past the host's page cache`,
    instead: "Leave `direct` out",
    uses: volumes("direct", ({ direct, image }) => (direct ? image : null)),
    support: everywhere("yes", { alioth: "ignored", firecracker: "ignored", vfkit: "ignored" }),
  },
  {
    code: "unsupported-volume-setting",
    does: (image) => `give ${image} a serial number`,
    instead: "Leave `serial` out, and find the disk by its `label`",
    uses: volumes("serial", ({ serial, image }) => (serial === null ? null : image)),
    support: everywhere("yes", { alioth: "ignored", firecracker: "ignored", kvmtool: "ignored", vfkit: "ignored" }),
  },
  {
    code: "unsupported-volume-setting",
    does: (what) => `read ${what}`,
    instead: "Convert the image with qemu-img(1), and leave `imageType` out",
    uses: volumes("imageType", ({ imageType, image }) =>
      imageType === null || imageType === "raw" ? null : `${image} as ${imageType}`,
    ),
    support: everywhere("ignored", { "cloud-hypervisor": "yes" }),
  },
  {
    code: "unsupported-volume-setting",
    does: (image) => `keep the guest from writing to ${image}`,
    instead: "Leave `readOnly` out",
    uses: volumes("readOnly", ({ readOnly, image }) => (readOnly ? image : null)),
    support: everywhere("yes", { vfkit: "ignored" }),
  },
  {
    code: "unsupported-balloon",
    does: () => "take memory back from a running guest",
    instead: "Leave `balloon` out",
    uses: (vm) => asks(vm, "balloon", vm.balloon !== null),
    support: everywhere("yes", { alioth: "fails", firecracker: "fails", stratovirt: "fails", vfkit: "fails" }),
  },
  {
    code: "unsupported-balloon",
    does: (initialMiB) => `start with ${initialMiB} MiB in the balloon`,
    instead: "Set balloon: true",
    uses: (vm) => asks(vm, "balloon", (vm.balloon?.initialMiB ?? 0) > 0, String(vm.balloon?.initialMiB)),
    support: everywhere("fails", { "cloud-hypervisor": "yes" }),
  },
  {
    code: "unsupported-balloon",
    does: () => "keep the balloon full when the guest runs out of memory, or empty it: it has no such choice",
    instead: "Set balloon: true",
    uses: (vm) => asks(vm, "balloon", vm.balloon?.deflateOnOOM === false),
    support: everywhere("fails", { "cloud-hypervisor": "yes", crosvm: "ignored", kvmtool: "ignored", qemu: "yes" }),
  },
  {
    code: "unsupported-hotplug",
    does: () => "give a running guest more memory on its machine `microvm`",
    instead: (name) =>
      name === "qemu" ? 'Set `microvm.qemu.machine`, such as to "q35"' : "Leave `hotplug` out, and raise `memoryMiB`",
    uses: (vm) => asks(vm, "hotplug", vm.hotplug !== null && vm.qemuMachine === "microvm"),
    support: everywhere("fails", { "cloud-hypervisor": "yes", vfkit: "ignored" }),
  },
  {
    code: "unsupported-hotplug",
    does: () => "give a running guest more memory",
    instead: "Leave `hotplug` out, and raise `memoryMiB`",
    uses: (vm) => asks(vm, "hotplug", vm.hotplug !== null && vm.qemuMachine !== "microvm"),
    support: everywhere("fails", { "cloud-hypervisor": "yes", qemu: "yes", vfkit: "ignored" }),
  },
  {
    code: "unsupported-hugepages",
    does: () => "put the guest's memory into huge pages",
    instead: "Leave `hugepages` out",
    uses: (vm) => asks(vm, "hugepages", vm.hugepages),
    support: everywhere("ignored", { "cloud-hypervisor": "yes" }),
  },
  {
    code: "unsupported-cpu",
    does: (cpu) => `emulate the CPU ${cpu}`,
    instead: "Leave `cpu` out",
    uses: (vm) => asks(vm, "cpu", vm.cpu !== null, vm.cpu ?? ""),
    support: everywhere("ignored", { qemu: "yes" }),
  },
  {
    code: "unsupported-credentials",
    does: (name) => `hand the credential ${name} to the guest`,
    instead: "Use `secrets`, which go over a share where there are no credentials",
    uses: (vm) =>
      Object.keys(vm.credentialFiles).map((name) => ({ path: [...vm.path, "credentialFiles", name], what: name })),
    support: credentials,
  },
  {
    code: "unsupported-run-as",
    does: (user) => `become the user ${user}`,
    instead: "Leave `runAs` out: the VM's service runs as the user microvm",
    uses: (vm) => asks(vm, "runAs", vm.runAs !== null, vm.runAs ?? ""),
    support: everywhere("fails", { qemu: "yes", stratovirt: "ignored" }),
  },
  {
    code: "unsupported-device",
    does: (device) => `pass the PCI device ${device} on`,
    instead: "Leave the device out",
    uses: devices("pci"),
    support: everywhere("fails", { "cloud-hypervisor": "yes", crosvm: "yes", qemu: "yes" }),
  },
  {
    code: "unsupported-device",
    does: (device) => `pass the USB device ${device} on`,
    instead: "Leave the device out, or pass on the PCI device that its port belongs to",
    uses: devices("usb"),
    support: everywhere("fails", { qemu: "yes", stratovirt: "yes" }),
  },
  {
    code: "unsupported-device",
    does: (device) => `heed what is said of ${device} to QEMU`,
    instead: "Leave the device's `qemu` out",
    uses: (vm) =>
      vm.devices
        .filter(({ qemu }) => Object.keys(qemu).length > 0)
        .map(({ path, device }) => ({ path: [...path, "qemu"], what: device })),
    support: everywhere("ignored", { qemu: "yes" }),
  },
  {
    code: "unsupported-graphics",
    does: () => "give the guest a screen",
    instead: "Leave `graphics` out",
    uses: (vm) => asks(vm, "graphics", vm.graphics !== null),
    support: everywhere("yes", {
      alioth: "ignored",
      firecracker: "ignored",
      kvmtool: "ignored",
      stratovirt: "ignored",
    }),
  },
  {
    code: "unsupported-graphics",
    does: (setting) => `heed graphics.${setting}`,
    instead: "Set graphics: true",
    uses: (vm) =>
      vm.graphics === null
        ? []
        : [
            ...asks(vm, "graphics", vm.graphics.vulkan !== null, "vulkan"),
            ...asks(vm, "graphics", vm.graphics.backend === "headless", "backend"),
          ],
    support: everywhere("ignored", { qemu: "yes" }),
  },
  {
    code: "unsupported-vsock",
    does: () => "give the guest a vsock address",
    instead: "Set vsock: false",
    uses: ({ vsockCid }) => (vsockCid === null ? [] : [{ path: vsockCid.path, what: String(vsockCid.value) }]),
    support: everywhere("yes", { stratovirt: "ignored", vfkit: "fails" }),
  },
  {
    code: "unsupported-no-socket",
    does: () => "do without a control socket",
    instead: "Name a socket",
    uses: (vm) => asks(vm, "socket", vm.socket === null),
    support: everywhere("yes", { alioth: "ignored", crosvm: "fails", firecracker: "fails", kvmtool: "ignored" }),
  },
  {
    code: "unsupported-interface-type",
    does: () => "run a network of its own (interface type user)",
    instead: 'Use type "tap"',
    uses: interfaces(({ type }) => type === "user", "type"),
    support: everywhere("fails", { kvmtool: "yes", qemu: "yes", stratovirt: "yes", vfkit: "yes" }),
  },
  {
    code: "unsupported-interface-type",
    does: () => "take a macvtap",
    instead: 'Use type "tap"',
    uses: interfaces(({ type }) => type === "macvtap", "type"),
    support: everywhere("yes", { alioth: "fails", firecracker: "fails", vfkit: "fails" }),
  },
  {
    code: "unsupported-interface-type",
    does: () => "call qemu-bridge-helper (interface type bridge)",
    instead: 'Use type "tap"',
    uses: interfaces(({ type }) => type === "bridge", "type"),
    support: everywhere("fails", { qemu: "yes", stratovirt: "yes" }),
  },
  {
    code: "unsupported-interface-type",
    does: () => "take a tap",
    instead: 'Use type "user"',
    uses: interfaces(({ type }) => type === "tap", "type"),
    support: everywhere("yes", { vfkit: "fails" }),
  },
  {
    code: "unsupported-vhost",
    does: () => "leave the packets of a tap to the kernel (vhost)",
    instead: "Leave `vhost` out",
    uses: interfaces((link) => link.type === "tap" && link.vhost, "vhost"),
    support: everywhere("ignored", { qemu: "yes" }),
  },
];
