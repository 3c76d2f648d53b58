/** Tests the ids and home of the main user, which come from the NixOS configuration of the host. */
import { spawnSync } from "node:child_process";
import type { Config } from "microvm-emit";
import { beforeAll, describe, expect, it } from "vitest";
import { emittedFlat, hostModule } from "./emitted.js";
import { evalFlake, nixes } from "./harness.js";
import { evaluateOnRig, rig } from "./rig.js";

if (rig === undefined) console.error("NOT TESTED: the host user on the modules of NixOS. Set MICROVM_EMIT_RIG.");

type User = Config["hosts"][string]["user"];

const facts = `host:
  let
    guestOf = vm: if (vm.evaluatedConfig or null) != null then vm.evaluatedConfig.config else vm.config.config;
    factsOf = name: vm:
      let
        guest = guestOf vm;
        alice = guest.users.users.alice;
        workspace = builtins.head (builtins.filter (share: share.tag == "workspace") guest.microvm.shares);
      in
      {
        inherit (alice) uid group;
        inherit (guest.users.groups.\${alice.group}) gid;
        squash = workspace.extraArgs;
      };
  in
  {
    guests = builtins.mapAttrs factsOf host.microvm.vms;
    state = builtins.fromJSON host.environment.etc."microvm/state.json".text;
    check = host.systemd.services."microvm-state@".preStart;
    failed = map (assertion: assertion.message) (builtins.filter (assertion: !assertion.assertion) host.assertions);
  }`;

interface Facts {
  readonly guests: Readonly<Record<string, { uid: number; gid: number; group: string; squash: readonly string[] }>>;
  readonly state: Readonly<Record<string, { readonly directories: Readonly<Record<string, string>> }>>;
  readonly check: string;
  readonly failed: readonly string[];
}

interface Row {
  readonly module: string;
  readonly user: Partial<User>;
}

/** A host for each row, evaluated at once. */
const evaluate = async (rows: readonly Row[], onRig: boolean): Promise<Readonly<Record<string, Facts | undefined>>> => {
  const base = hostModule.replace(/^.*users\.users.*$/m, "");
  const hosts = rows.map(({ user }, row): readonly [string, unknown] => {
    const modules = ["./host.nix", `./host${String(row)}.nix`] as const;
    const bridges = { br0: { address: "10.7.0.1/24" } };
    // A guest takes seconds on the modules of NixOS.
    const vms = { shared: {}, ...(!onRig && { own: { guest: "own" } }) };
    return [`h${String(row)}`, { stateVersion: "25.05", modules, user: { name: "alice", ...user }, bridges, vms }];
  });
  const files = rows.map(({ module }, row): readonly [string, string] => [`host${String(row)}.nix`, `{ ${module} }`]);
  const flake = emittedFlat({ hosts: Object.fromEntries(hosts) } as Config, {
    "host.nix": base,
    ...Object.fromEntries(files),
  });
  const seen = (row: number): string => (row < agreeing.length ? "facts host" : "{ inherit (facts host) failed; }");
  const apply = `systems: let facts = ${facts}; in { ${rows
    .map((_, row) => `h${String(row)} = let host = systems.h${String(row)}.config; in ${seen(row)};`)
    .join(" ")} }`;
  const [nix] = nixes();
  if (nix === undefined) throw new Error("no nix");
  return (await (onRig
    ? evaluateOnRig(flake, "nixosConfigurations", apply)
    : evalFlake(`path:${flake}`, "nixosConfigurations", { nix, apply }))) as Readonly<
    Record<string, Facts | undefined>
  >;
};

const normal = "users.users.alice.isNormalUser = true;";

/** The module of the host, the user in the config, and the ids of guest, share and folders. */
const agreeing: readonly (readonly [
  name: string,
  module: string,
  user: Partial<User>,
  uid: number,
  gid: number,
  group: string,
])[] = [
  ["that has only a name", normal, {}, 1000, 100, "users"],
  ["with a uid", `${normal} users.users.alice.uid = 1001;`, {}, 1001, 100, "users"],
  [
    "with a private group",
    `${normal} users.users.alice.group = "staff"; users.groups.staff.gid = 1234;`,
    {},
    1000,
    1234,
    "staff",
  ],
  [
    "with the uid that another user has by default",
    `${normal} users.users.alice.uid = 1005; users.users.bob = { isNormalUser = true; uid = 1000; };`,
    {},
    1005,
    100,
    "users",
  ],
  [
    "with the same ids in the config",
    `${normal} users.users.alice.uid = 1001;`,
    { uid: 1001, gid: 100 },
    1001,
    100,
    "users",
  ],
  [
    "with ids only in the config",
    `${normal} users.users.alice.group = "alice"; users.groups.alice = { };`,
    { uid: 1003, gid: 1003 },
    1003,
    1003,
    "alice",
  ],
  [
    "with another home, also in the config",
    `${normal} users.users.alice.home = "/data/alice";`,
    { homeDirectory: "/data/alice" },
    1000,
    100,
    "users",
  ],
];

/** Assertion messages when host and VMs have different users. */
const failing: readonly (readonly [name: string, module: string, user: Partial<User>, message: RegExp])[] = [
  ["has no such user", "", {}, /^This host has no user alice\. Declare `users\.users\.alice`/],
  ["has a user with another name", "users.users.bob.isNormalUser = true;", {}, /^This host has no user alice\./],
  ["has no such user, but the config has its ids", "", { uid: 1000, gid: 100 }, /^This host has no user alice\./],
  [
    "has another uid",
    `${normal} users.users.alice.uid = 1001;`,
    { uid: 1000 },
    /^users\.users\.alice\.uid is 1001 on this host, but its VMs use 1000\. Set `user\.uid`/,
  ],
  [
    "has another gid",
    normal,
    { gid: 1000 },
    /^users\.groups\.users\.gid is 100 on this host, but its VMs use 1000\. Set `user\.gid`/,
  ],
  [
    "has another group",
    normal,
    { group: "alice" },
    /^users\.users\.alice\.group is users on this host, but its VMs use alice\./,
  ],
  [
    "has another home",
    `${normal} users.users.alice.home = "/data/alice";`,
    {},
    /^users\.users\.alice\.home is \/data\/alice on this host, but its VMs use \/home\/alice\. Set `user\.homeDirectory`/,
  ],
  [
    "does not set the gid of the user's group",
    `${normal} users.users.alice.group = "alice"; users.groups.alice = { };`,
    {},
    /^users\.groups\.alice\.gid is not set, .*`id -g alice`/,
  ],
  [
    "assigns uid 1000 to another user",
    `${normal} users.users.bob = { isNormalUser = true; uid = 1000; };`,
    {},
    /^users\.users\.alice\.uid is not set, and another user has 1000\./,
  ],
];

const rows = [...agreeing, ...failing].map(([, module, user]): Row => ({ module, user }));

describe.each([
  ["stand-ins", false],
  ["NixOS's own modules", true],
])("on %s", (_, onRig) => {
  describe.skipIf(onRig && rig === undefined)("a guest", () => {
    let hosts: Readonly<Record<string, Facts | undefined>>;
    beforeAll(async () => {
      hosts = await evaluate(rows, onRig);
    }, 600_000);

    it.each(agreeing.map((row, at) => [...row, at] as const))(
      "has the ids of the host user %s",
      (_name, _module, written, uid, gid, group, at) => {
        const { guests, state, failed } = hosts[`h${String(at)}`] ?? {};
        const squash = [
          `--translate-uid=squash-guest:0:${String(uid)}:4294967295`,
          `--translate-gid=squash-guest:0:${String(gid)}:4294967295`,
        ];
        const guest = { uid, gid, group, squash };
        expect(guests).toEqual({ shared: guest, ...(!onRig && { own: guest }) });
        const home = written.homeDirectory ?? "/home/alice";
        expect(state?.["shared"]?.directories).toMatchObject({
          [`${home}/microvm/shared`]: `0755 ${String(uid)}:${String(gid)}`,
        });
        expect(failed).toEqual([]);
      },
    );

    it.each(failing.map((row, at) => [...row, agreeing.length + at] as const))(
      "fails an assertion when the host %s",
      (_name, _module, _written, message, at) => {
        expect(hosts[`h${String(at)}`]?.failed).toEqual([expect.stringMatching(message)]);
      },
    );
  });
});

describe("a VM", () => {
  it.each([
    ["starts when the running host has the same ids", "1000:100", 0],
    ["does not start when the running host has another uid", "1001:100", 1],
    ["does not start when the running host has another gid", "1000:101", 1],
  ])("%s", async (_, ids, expected) => {
    const { h0 } = await evaluate(rows.slice(0, 1), false);
    const [uid, gid] = ids.split(":");
    const id = `id() { case "$1" in -u) echo ${String(uid)};; -g) echo ${String(gid)};; esac; }\n`;
    const { status, stderr } = spawnSync("bash", ["-e", "-c", id + String(h0?.check)], {
      encoding: "utf8",
    });
    expect(status).toBe(expected);
    expect(stderr.split(".")[0]).toBe(expected === 0 ? "" : `alice has the ids ${ids}, but its VMs use 1000:100`);
  });
});
