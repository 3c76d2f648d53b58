/**
 * The features that at least one hypervisor lacks; `rules/hypervisor-features.ts` lists the settings that need each.
 */
export type Feature =
  | "9p"
  | "9p-read-only"
  | "virtiofs"
  | "9p-owners"
  | "volume-direct"
  | "volume-serial"
  | "volume-format"
  | "volume-read-only"
  | "balloon"
  | "balloon-initial"
  | "balloon-kept"
  | "hotplug-microvm"
  | "hotplug"
  | "hugepages"
  | "cpu"
  | "credentials"
  | "run-as"
  | "device-pci"
  | "device-usb"
  | "device-qemu"
  | "graphics"
  | "graphics-settings"
  | "vsock"
  | "no-socket"
  | "interface-user"
  | "interface-macvtap"
  | "interface-bridge"
  | "interface-tap"
  | "vhost";

/** A hypervisor, by its differences from one that supports every feature on a NixOS host. */
interface Hypervisor {
  /** It uses the virtualization of macOS, so that no NixOS host can run it (microvm.nix lib/runners/vfkit.nix). */
  readonly needsMacos?: true;
  /** microvm.nix gives its guests no systemd initrd (nixos-modules/microvm/optimization.nix, August 2026). */
  readonly hasScriptedInitrd?: true;
  /** With these, building the runner fails. */
  readonly fails?: readonly Feature[];
  /** The runner drops these silently. */
  readonly ignored?: readonly Feature[];
  /** The runner passes these on, but the README of microvm.nix says that they do not work. */
  readonly doubtful?: readonly Feature[];
}

/** The hypervisors that microvm.nix has runners for. */
export type HypervisorName =
  "alioth" | "cloud-hypervisor" | "crosvm" | "firecracker" | "kvmtool" | "qemu" | "stratovirt" | "vfkit";

/** The hypervisors that microvm.nix has runners for (lib/runners), each runner's command built with each feature. */
const rows: Readonly<Record<HypervisorName, Hypervisor>> = {
  alioth: {
    hasScriptedInitrd: true,
    fails: [
      "9p",
      "9p-read-only",
      "balloon",
      "balloon-initial",
      "balloon-kept",
      "hotplug-microvm",
      "hotplug",
      "credentials",
      "run-as",
      "device-pci",
      "device-usb",
      "interface-user",
      "interface-macvtap",
      "interface-bridge",
    ],
    ignored: [
      "9p-owners",
      "volume-direct",
      "volume-serial",
      "volume-format",
      "hugepages",
      "cpu",
      "device-qemu",
      "graphics",
      "graphics-settings",
      "no-socket",
      "vhost",
    ],
    doubtful: ["virtiofs"],
  },
  "cloud-hypervisor": {
    fails: ["9p", "9p-read-only", "credentials", "run-as", "device-usb", "interface-user", "interface-bridge"],
    ignored: ["9p-owners", "cpu", "device-qemu", "graphics-settings", "vhost"],
  },
  crosvm: {
    hasScriptedInitrd: true,
    fails: [
      "9p-read-only",
      "balloon-initial",
      "hotplug-microvm",
      "hotplug",
      "credentials",
      "run-as",
      "device-usb",
      "no-socket",
      "interface-user",
      "interface-bridge",
    ],
    ignored: [
      "9p-owners",
      "volume-format",
      "balloon-kept",
      "hugepages",
      "cpu",
      "device-qemu",
      "graphics-settings",
      "vhost",
    ],
    doubtful: ["9p"],
  },
  firecracker: {
    fails: [
      "9p",
      "9p-read-only",
      "virtiofs",
      "balloon",
      "balloon-initial",
      "balloon-kept",
      "hotplug-microvm",
      "hotplug",
      "credentials",
      "run-as",
      "device-pci",
      "device-usb",
      "no-socket",
      "interface-user",
      "interface-macvtap",
      "interface-bridge",
    ],
    ignored: [
      "9p-owners",
      "volume-direct",
      "volume-serial",
      "volume-format",
      "hugepages",
      "cpu",
      "device-qemu",
      "graphics",
      "graphics-settings",
      "vhost",
    ],
  },
  kvmtool: {
    hasScriptedInitrd: true,
    fails: [
      "9p-read-only",
      "virtiofs",
      "balloon-initial",
      "hotplug-microvm",
      "hotplug",
      "credentials",
      "run-as",
      "device-pci",
      "device-usb",
      "interface-bridge",
    ],
    ignored: [
      "9p-owners",
      "volume-serial",
      "volume-format",
      "balloon-kept",
      "hugepages",
      "cpu",
      "device-qemu",
      "graphics",
      "graphics-settings",
      "no-socket",
      "vhost",
    ],
  },
  qemu: {
    fails: ["balloon-initial", "hotplug-microvm"],
    ignored: ["volume-format", "hugepages"],
  },
  stratovirt: {
    fails: [
      "9p",
      "9p-read-only",
      "balloon",
      "balloon-initial",
      "balloon-kept",
      "hotplug-microvm",
      "hotplug",
      "credentials",
      "device-pci",
    ],
    ignored: [
      "9p-owners",
      "volume-format",
      "hugepages",
      "cpu",
      "run-as",
      "device-qemu",
      "graphics",
      "graphics-settings",
      "vsock",
      "vhost",
    ],
    doubtful: ["virtiofs"],
  },
  vfkit: {
    needsMacos: true,
    fails: [
      "9p",
      "9p-read-only",
      "balloon",
      "balloon-initial",
      "balloon-kept",
      "credentials",
      "run-as",
      "device-pci",
      "device-usb",
      "vsock",
      "interface-macvtap",
      "interface-bridge",
      "interface-tap",
    ],
    ignored: [
      "9p-owners",
      "volume-direct",
      "volume-serial",
      "volume-format",
      "volume-read-only",
      "hotplug-microvm",
      "hotplug",
      "hugepages",
      "cpu",
      "device-qemu",
      "graphics-settings",
      "vhost",
    ],
  },
};

export const hypervisors = Object.keys(rows) as [HypervisorName, ...HypervisorName[]];

export const needsMacos = (name: HypervisorName): boolean => rows[name].needsMacos ?? false;

export const hasScriptedInitrd = (name: HypervisorName): boolean => rows[name].hasScriptedInitrd ?? false;

export type Support = "yes" | "fails" | "ignored" | "doubtful";

export const supportOf = (name: HypervisorName, feature: Feature): Support =>
  (["fails", "ignored", "doubtful"] as const).find((lack) => rows[name][lack]?.includes(feature)) ?? "yes";

/** The transport of secrets to the guest: systemd credentials if the hypervisor supports them, otherwise a share. */
export const secretsBy = (name: HypervisorName): "credential" | "share" =>
  supportOf(name, "credentials") === "yes" ? "credential" : "share";
