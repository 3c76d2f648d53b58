import type { VmPlan } from "./plan.js";
import type { ProblemCode } from "./problem-codes.js";
import type { ConfigPath } from "./problem.js";

/** The programs that can run a VM; microvm.nix has a runner for each. */
export const hypervisors = [
  "alioth",
  "cloud-hypervisor",
  "crosvm",
  "firecracker",
  "kvmtool",
  "qemu",
  "stratovirt",
] as const;
export type HypervisorName = (typeof hypervisors)[number];

/** How a hypervisor hands secrets to its guest: QEMU alone has systemd credentials (microvm.nix `credentialFiles`). */
export const secretsBy = (name: HypervisorName): "credential" | "share" => (name === "qemu" ? "credential" : "share");

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
  /** What to do instead, whatever the hypervisor. */
  readonly instead: string;
  /** Where a VM asks for it, and of what. */
  readonly uses: (vm: VmPlan) => readonly Use[];
  readonly support: Readonly<Record<HypervisorName, Support>>;
}
export interface Use {
  readonly path: ConfigPath;
  readonly what: string;
}

const shares =
  (proto: "9p" | "virtiofs", readOnly?: boolean): Feature["uses"] =>
  (vm) =>
    vm.shares
      .filter((share) => share.proto === proto && (readOnly === undefined || share.readOnly === readOnly))
      .map(({ path, tag }) => ({ path: [...path, "proto"], what: tag.value }));

/** Each runner's command was built with each feature (microvm.nix lib/runners); doubts are those of its README. */
export const features: readonly Feature[] = [
  {
    code: "unsupported-share-proto",
    does: (tag) => `share ${tag} over 9p`,
    instead: 'Use proto "virtiofs"',
    uses: shares("9p", false),
    support: {
      alioth: "fails",
      "cloud-hypervisor": "fails",
      crosvm: "doubtful",
      firecracker: "fails",
      kvmtool: "yes",
      qemu: "yes",
      stratovirt: "fails",
    },
  },
  {
    code: "unsupported-share-proto",
    does: (tag) => `share ${tag} over 9p for reading only`,
    instead: 'Use proto "virtiofs"',
    uses: shares("9p", true),
    support: {
      alioth: "fails",
      "cloud-hypervisor": "fails",
      crosvm: "fails",
      firecracker: "fails",
      kvmtool: "fails",
      qemu: "yes",
      stratovirt: "fails",
    },
  },
  {
    code: "unsupported-share-proto",
    does: (tag) => `share ${tag} over virtiofs`,
    instead:
      'Leave the share out (store: "disk" does for the store, sshHostKeys: false and workspace: false for theirs)',
    uses: shares("virtiofs"),
    support: {
      alioth: "doubtful",
      "cloud-hypervisor": "yes",
      crosvm: "yes",
      firecracker: "fails",
      kvmtool: "fails",
      qemu: "yes",
      stratovirt: "doubtful",
    },
  },
  {
    code: "unsupported-vsock",
    does: () => "give the guest a vsock address",
    instead: "Set vsock: false",
    uses: ({ vsockCid }) => (vsockCid === null ? [] : [{ path: vsockCid.path, what: String(vsockCid.value) }]),
    support: {
      alioth: "yes",
      "cloud-hypervisor": "yes",
      crosvm: "yes",
      firecracker: "yes",
      kvmtool: "yes",
      qemu: "yes",
      stratovirt: "ignored",
    },
  },
  {
    code: "unsupported-no-socket",
    does: () => "do without a control socket",
    instead: "Name a socket",
    uses: ({ path, socket }) => (socket === null ? [{ path: [...path, "socket"], what: "" }] : []),
    support: {
      alioth: "ignored",
      "cloud-hypervisor": "yes",
      crosvm: "yes",
      firecracker: "fails",
      kvmtool: "ignored",
      qemu: "yes",
      stratovirt: "yes",
    },
  },
];
