/** What each hypervisor can do, as microvm.nix's runners were seen to. */

/** A VM that asks for nothing that some hypervisor lacks, and for each feature what asks for it alone, and where. */
export const bare = {
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
export const asking = {
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
  user: ["type", { network: "open", interfaces: [{ type: "user" }] }],
  macvtap: ["type", { network: "open", interfaces: [{ type: "macvtap", link: "eno1", mode: "bridge" }] }],
  bridge: ["type", { network: "open", interfaces: [{ type: "bridge" }] }],
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
no-socket         ~      +                !      !           ~       +    +          +
user              !      !                !      !           +       +    +          +
macvtap           !      +                +      !           +       +    +          !
bridge            !      !                !      !           !       +    +          !
tap               +      +                +      +           +       +    +          !
vhost             ~      ~                ~      ~           ~       +    ~          ~
`;
const [header = [], ...rows] = MATRIX.trim()
  .split("\n")
  .map((line) => line.trim().split(/\s+/));
/** The hypervisors, in the order of the columns. */
export const names: readonly string[] = header;

export const cells = rows.flatMap(([what = "", ...marks]) =>
  marks.map((mark, i) => ({ what: what as keyof typeof asking, name: header[i] ?? "", mark })),
);
