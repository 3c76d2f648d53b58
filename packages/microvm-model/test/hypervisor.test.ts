import { assert, describe, expect, it } from "vitest";
import { andThen } from "../src/checked.js";
import { emptyLock, planConfig, type Problem, type VmPlan } from "../src/index.js";
import { resolve } from "../src/resolve.js";
import { validate } from "../src/validate.js";
import { features, hypervisors } from "../src/hypervisors.js";
import { config } from "./config.js";

const problemsOf = (input: unknown): readonly Problem[] => {
  const result = planConfig(input, emptyLock);
  return result._tag === "Left" ? result.left : result.right.warnings;
};

/** The only VM of a config, whatever its problems. */
const ofOnly = (input: unknown): VmPlan => {
  const resolved = andThen(resolve(emptyLock))(validate(input));
  const vm = resolved._tag === "Left" ? undefined : resolved.right.plan.hosts[0]?.vms[0];
  assert(vm);
  return vm;
};

/** A VM that asks for nothing that some hypervisor lacks, and for each feature what asks for it alone, and where. */
const bare = {
  interfaces: [],
  store: "disk",
  workspace: false,
  sshHostKeys: false,
  vsock: false,
  writableStoreOverlay: null,
};
const share = { tag: "t", source: "/srv" };
const volume = { image: "a.img", sizeMiB: 10 };
const q35 = { microvm: { qemu: { machine: "q35" } } };
const pci = { bus: "pci", path: "0000:01:00.0" };
const asking = {
  "9p": ["proto", { shares: [{ ...share, proto: "9p" }] }],
  "9p-read-only": ["proto", { shares: [{ ...share, proto: "9p", readOnly: true }] }],
  virtiofs: ["proto", { shares: [share] }],
  "9p-owners": ["securityModel", { shares: [{ ...share, proto: "9p", securityModel: "mapped" }] }],
  "volume-direct": ["direct", { volumes: [{ ...volume, direct: true }] }],
  "volume-serial": ["serial", { volumes: [{ ...volume, serial: "1" }] }],
  "volume-qcow2": ["imageType", { volumes: [{ image: "a.img", autoCreate: false, imageType: "qcow2" }] }],
  "volume-read-only": ["readOnly", { volumes: [{ ...volume, readOnly: true }] }],
  balloon: ["balloon", { balloon: true }],
  "balloon-initial": ["balloon", { balloon: { initialMiB: 512 } }],
  "balloon-kept": ["balloon", { balloon: { deflateOnOOM: false } }],
  "hotplug-microvm": ["hotplug", { hotplug: { maxMiB: 8192 } }],
  "hotplug-q35": ["hotplug", { hotplug: { maxMiB: 8192 }, ...q35 }],
  hugepages: ["hugepages", { hugepages: true }],
  cpu: ["cpu", { cpu: "max" }],
  credentials: ["KEY", { credentialFiles: { KEY: "/run/key" } }],
  "run-as": ["runAs", { runAs: "alice" }],
  "device-pci": [0, { devices: [pci] }],
  "device-usb": [0, { devices: [{ bus: "usb", path: "vendorid=0x046d,productid=0xc52b" }] }],
  "device-qemu": ["qemu", { devices: [{ ...pci, qemu: { id: "d" } }] }],
  graphics: ["graphics", { graphics: true }],
  "graphics-headless": ["graphics", { graphics: { backend: "headless" } }],
  vsock: ["cid", { vsock: { cid: 9 } }],
  "no-socket": ["socket", { socket: null }],
  user: ["type", { interfaces: [{ type: "user" }] }],
  macvtap: ["type", { interfaces: [{ type: "macvtap", link: "eno1", mode: "bridge" }] }],
  bridge: ["type", { interfaces: [{ type: "bridge" }] }],
  tap: ["type", { interfaces: [{}] }],
  vhost: ["vhost", { interfaces: [{ vhost: true }] }],
} as const;

/**
 * What microvm.nix's runners do when they are built: `!` fails, `~` is left out, `?` is doubted by its README. vfkit is
 * what it would be on macOS.
 */
const MATRIX = `
                  alioth cloud-hypervisor crosvm firecracker kvmtool qemu stratovirt vfkit
9p                !      !                ?      !           +       +    !          !
9p-read-only      !      !                !      !           !       +    !          !
virtiofs          ?      +                +      !           !       +    ?          +
9p-owners         ~      ~                ~      ~           ~       +    ~          ~
volume-direct     ~      +                +      ~           +       +    +          ~
volume-serial     ~      +                +      ~           ~       +    +          ~
volume-qcow2      ~      +                ~      ~           ~       ~    ~          ~
volume-read-only  +      +                +      +           +       +    +          ~
balloon           !      +                +      !           +       +    !          !
balloon-initial   !      +                !      !           !       !    !          !
balloon-kept      !      +                ~      !           ~       +    !          !
hotplug-microvm   !      +                !      !           !       !    !          ~
hotplug-q35       !      +                !      !           !       +    !          ~
hugepages         ~      +                ~      ~           ~       ~    ~          ~
cpu               ~      ~                ~      ~           ~       +    ~          ~
credentials       !      !                !      !           !       +    !          !
run-as            !      !                !      !           !       +    ~          !
device-pci        !      +                +      !           !       +    !          !
device-usb        !      !                !      !           !       +    +          !
device-qemu       ~      ~                ~      ~           ~       +    ~          ~
graphics          ~      +                +      ~           ~       +    ~          +
graphics-headless ~      ~                ~      ~           ~       +    ~          ~
vsock             +      +                +      +           +       +    ~          !
no-socket         ~      +                +      !           ~       +    +          +
user              !      !                !      !           +       +    +          +
macvtap           !      +                +      !           +       +    +          !
bridge            !      !                !      !           !       +    +          !
tap               +      +                +      +           +       +    +          !
vhost             ~      ~                ~      ~           ~       +    ~          ~
`;
const [names = [], ...rows] = MATRIX.trim()
  .split("\n")
  .map((line) => line.trim().split(/\s+/));
const cells = rows.flatMap(([what = "", ...marks]) =>
  marks.map((mark, i) => ({ what: what as keyof typeof asking, name: names[i] ?? "", mark })),
);

describe("each hypervisor and each thing it is asked for", () => {
  it("is in the matrix", () => {
    expect(names.toSorted()).toEqual(hypervisors.toSorted());
    expect(cells).toHaveLength(Object.keys(asking).length * hypervisors.length);
    // Each row asks for a feature of its own.
    const base = ofOnly(config({ a: { ...bare, hypervisor: "qemu" } }));
    const asked = Object.values(asking).map(([, settings]) => {
      const vm = ofOnly(config({ a: { ...bare, ...settings, hypervisor: "qemu" } }));
      return features.findLastIndex(({ uses }) => uses(vm).length > 0 && uses(base).length === 0);
    });
    expect(asked.toSorted((a, b) => a - b)).toEqual(features.map((_, position) => position));
  });

  it.each(cells)("$name, $what: $mark", ({ what, name, mark }) => {
    const [step, settings] = asking[what];
    const problems = problemsOf(config({ a: { ...bare, ...settings, hypervisor: name } })).filter(
      ({ code, path }) => code.startsWith("unsupported-") && path.at(-1) === step,
    );
    const severity = { "+": [], "!": ["error"], "~": ["warning"], "?": ["warning"] }[mark];
    expect(problems.map((problem) => problem.severity)).toEqual(severity);
  });

  it("has vfkit refused on NixOS, and named as a way out nowhere", () => {
    const [problem] = problemsOf(config({ a: { ...bare, hypervisor: "vfkit" } }));
    expect(problem?.code).toBe("hypervisor-needs-macos");
    const remedies = cells.flatMap(({ what, name }) =>
      problemsOf(config({ a: { ...bare, ...asking[what][1], hypervisor: name } })).map(({ remedy }) => remedy),
    );
    expect(remedies.filter((remedy) => remedy.includes("vfkit"))).toEqual([]);
  });

  it("asks for another machine where qemu has one", () => {
    const [problem] = problemsOf(config({ a: { ...bare, ...asking["hotplug-microvm"][1], hypervisor: "qemu" } }));
    expect(problem?.remedy).toBe('Set `microvm.qemu.machine`, such as to "q35", or hypervisor "cloud-hypervisor".');
  });

  it("names what would work", () => {
    const [problem] = problemsOf(config({ a: { ...bare, ...asking["9p"][1], hypervisor: "firecracker" } }));
    expect(problem?.message).toBe("firecracker cannot share t over 9p");
    expect(problem?.remedy).toBe('Use proto "virtiofs", or hypervisor "kvmtool" or "qemu".');
  });

  it("tells what a VM with all the defaults asks that a hypervisor cannot do", () => {
    const codes = problemsOf(config({ a: { hypervisor: "firecracker" } })).map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set(["unsupported-share-proto"]));
    expect(problemsOf(config({ a: { hypervisor: "crosvm" } }))).toEqual([]);
  });
});
