/**
 * Tests the evaluated units of a host and the SSH server of a guest with systemd and sshd. A container acts as the host,
 * with a script as the hypervisor, and then as the guest.
 */
import { join } from "node:path";
import type { Config } from "microvm-emit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { emitFlake } from "./evaluated.js";
import { UNITS } from "./host-machine.js";
import { tail } from "./log.js";
import { bootSystemdHost, type SystemdHost, whatSystemdMisses } from "./systemd-host.js";
import { readLibrary } from "../../packages/emit/src/compile/flake/library.generated.js";
import { evalFlake, nixes } from "../nix/harness.js";
import { guestConfig } from "../nix/identity.js";
import { type ServiceConfig, unitFile } from "../nix/unit-file.js";
import { withPrograms } from "./programs.js";

const missing = whatSystemdMisses();
if (missing !== undefined) console.error(`NOT TESTED: units of the host with systemd: ${missing}.`);

const host = {
  stateVersion: "25.11",
  modules: ["./configuration.nix"],
  user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
  bridges: { br0: { address: "10.7.0.1/24" } },
};
const config: Config = {
  hosts: {
    // With the QEMU bridge helper, which needs a file capability.
    bridged: {
      ...host,
      vms: { a: { hypervisor: "qemu", vcpu: 1, network: "open", interfaces: [{ type: "bridge" }] } },
    },
    lab: {
      ...host,
      vms: {
        a: {
          // In a folder with the setgid bit, which new folders inherit.
          workspace: "/srv/projects/a",
          agent: "claude-code",
          secrets: { KEY: "~/.config/key" },
          writableStoreOverlay: "/nix/.rw-store",
          volumes: [
            { image: "var.img", mountPoint: "/var", sizeMiB: 64 },
            { image: "rw.img", mountPoint: "/nix/.rw-store", sizeMiB: 64 },
          ],
        },
        b: { vsock: { ssh: true } },
        // The hypervisor reads the secrets.
        credential: { hypervisor: "qemu", vcpu: 1, secrets: { KEY: "~/.config/key" } },
      },
    },
  },
};

interface Facts {
  readonly services: Readonly<
    Record<string, { readonly serviceConfig: ServiceConfig; readonly script: string; readonly preStart: string }>
  >;
  /** The configuration of the state program. */
  readonly dropIn: ServiceConfig;
  readonly state: string;
  readonly bridged: ServiceConfig;
  readonly ssh: Readonly<Record<"a" | "b", Readonly<Record<string, string | number | boolean | null>>>>;
}

const facts = `hosts:
  let
    inherit (hosts.lab.config) microvm systemd;
    settingsOf = vm: (${guestConfig} vm).services.openssh.settings;
    authentication = { PasswordAuthentication = null; KbdInteractiveAuthentication = null; PermitRootLogin = null; };
  in
  {
    services = builtins.mapAttrs (_: service: { inherit (service) serviceConfig script preStart; }) {
      inherit (systemd.services) "microvm@" "microvm-state@" "microvm-secrets@";
      inherit (systemd.services) microvm-install microvm-retire;
    };
    dropIn = hosts.lab.config.microvm-emit.dropIns.a.Service;
    state = hosts.lab.config.environment.etc."microvm/state.json".text;
    bridged = hosts.bridged.config.systemd.services."microvm@".serviceConfig;
    ssh = builtins.mapAttrs (_: vm: builtins.intersectAttrs authentication (settingsOf vm)) { inherit (microvm.vms) a b; };
  }`;

/** The files and privileges of a hypervisor. */
const HYPERVISOR = `#!/bin/bash
may() { if eval "$2" >/dev/null 2>&1; then echo "may $1"; else echo "may not $1"; fi; }
{
  id -un
  grep -E 'NoNewPrivs|CapBnd' /proc/self/status | tr -d '\\t'
  ls /var/lib/microvms /run/microvm-secrets
  grep ^0:: /proc/self/cgroup
  may 'open KVM' 'exec 3<>/dev/kvm'
  may 'open a volume elsewhere' 'echo >/srv/volumes/disk.img'
  may 'make a namespace' 'unshare --user --map-root-user --mount --net --pid --fork true'
  may 'run what was writable' 'cp /bin/true run && ./run'
  may 'connect to a socket' '[[ $( (echo >/dev/tcp/127.0.0.1/1) 2>&1) = *refused* ]]'
  may 'write to the volume of another VM' 'echo >/var/lib/microvms/b/var.img'
  may 'read secrets of another VM' 'cat /run/microvm-secrets/credential/KEY'
  may 'write to /etc' 'echo >/etc/writable'
  may 'see processes of others' 'test -e /proc/1/status'
  may 'become root' '[ "$(/srv/volumes/id -u)" = 0 ]'
} >found
exec sleep infinity
`;

/** microvm.nix registers VMs at systemd-machined, which is not installed. */
const withoutRegister = ({ ExecStartPost: _, ExecStopPost, ...unit }: ServiceConfig): ServiceConfig => ({
  ...unit,
  ExecStopPost: [ExecStopPost ?? []].flat().filter((command) => !String(command).includes("unregister")),
});

const SYSTEMS = "/etc/microvm/install.json";
const systemOf = (number: number): Readonly<Record<string, string>> => ({
  current: "/run/runner",
  toplevel: `/run/system-${String(number)}`,
});

const ROOT_OF_A = "/nix/var/nix/gcroots/microvm/a";

describe.skipIf(missing !== undefined)("with systemd", () => {
  let machine: SystemdHost | undefined;
  let run: SystemdHost["run"];
  let put: SystemdHost["put"];
  let start: SystemdHost["start"];
  let evaluated: Facts;

  beforeAll(async () => {
    const [nix] = nixes();
    if (nix === undefined) throw new Error("There is no nix.");
    const [booted, seen] = await Promise.all([
      bootSystemdHost(),
      evalFlake(`path:${emitFlake(config)}`, "nixosConfigurations", { nix, apply: facts }),
    ]);
    machine = booted;
    ({ run, put, start } = booted);
    evaluated = seen as Facts;

    const { services } = evaluated;
    const unit = (name: string): ServiceConfig => withPrograms(services[name]?.serviceConfig ?? {});
    const script = async (name: string): Promise<void> => {
      await put(`/run/${name}script`, services[name]?.script ?? "");
      await put(
        `${UNITS}/${name}.service`,
        unitFile({ ...unit(name), ExecStart: `/bin/bash -e /run/${name}script %i` }),
      );
    };
    await run(`
      rm -f /run/nologin
      usermod -g users alice
      install -d -m 2775 -o root -g users /srv/projects
      install -d -o microvm /srv/volumes
      install -m 4755 "$(command -v id)" /srv/volumes/id
      install -d -m 0755 /var/lib/microvms
      install -d -m 0775 -o microvm -g kvm /var/lib/microvms/a /var/lib/microvms/b
      install -D -m 0600 -o alice /dev/null /home/alice/.config/key
      test -e /dev/kvm || { mknod /dev/kvm c 1 3; chmod 666 /dev/kvm; }`);
    for (const name of ["folders.py", "create.py", "install.py", "retire.py"] as const)
      await put(`/run/lab/${name}`, readLibrary()[`vm/state/${name}`]);
    await put("/run/lab/image.sh", readLibrary()["vm/image.sh"]);
    await put("/usr/bin/mkfs.ext4", '#!/bin/sh\nprintf ext4 | dd of="$1" conv=notrunc status=none\n', "0755");
    await put("/etc/microvm/state.json", evaluated.state);
    await put("/run/lab/check", services["microvm-state@"]?.preStart ?? "");
    const state = { ...unit("microvm-state@"), ExecStartPre: "/bin/bash -e /run/lab/check" };
    await put(`${UNITS}/microvm-state@.service`, unitFile(state));
    await put(`${UNITS}/microvm-retire.service`, unitFile(unit("microvm-retire")));
    await put(`${UNITS}/microvm-install.service`, unitFile(unit("microvm-install")));
    await script("microvm-secrets@");
    await put(`${UNITS}/microvm@.service`, unitFile(withoutRegister(unit("microvm@"))));
    await put(
      `${UNITS}/microvm@a.service.d/overrides.conf`,
      unitFile({ ...withPrograms(evaluated.dropIn), Type: "simple" }),
    );
    const runner_ = "/run/runner/bin";
    await put(`${runner_}/microvm-run`, HYPERVISOR, "0755");
    await put(`${runner_}/microvm-shutdown`, '#!/bin/sh\necho stopped >stopped\nkill "$MAINPID"\n', "0755");
    await put(SYSTEMS, JSON.stringify({ a: systemOf(1), b: systemOf(1) }));
    // The folder of a version before microvm-install.
    await run(`
      cd /var/lib/microvms/a
      ln -s /run/other current; ln -s /run/runner booted; chown -h microvm:kvm current booted
      truncate -s 32M var.img; truncate -s 64M 'rw.img'
      chown microvm:kvm *.img; systemctl daemon-reload`);
    await start("microvm-install");
  }, 600_000);

  afterAll(() => machine?.close());

  beforeEach(({ onTestFailed }) => {
    onTestFailed(() => {
      if (machine !== undefined) console.error(tail(join(machine.folder, "console.log"), 20));
    });
  });

  it("systemd loads the units without warnings", async () => {
    expect(await run(`systemd-analyze verify ${UNITS}/microvm*@.service 2>&1 | grep -v Command || true`)).toBe("");
  });

  it("the state unit creates folders and a host key in any location", async () => {
    await start("microvm-state@a");
    const about = "stat -c '%n %u:%g %a'";
    expect(await run(`${about} /srv/projects/a /home/alice/claude-microvm /var/lib/microvm-host-keys/a/ssh*`)).toBe(
      [
        "/srv/projects/a 1000:100 2755",
        "/home/alice/claude-microvm 1000:100 700",
        "/var/lib/microvm-host-keys/a/ssh_host_ed25519_key 0:0 600",
        "/var/lib/microvm-host-keys/a/ssh_host_ed25519_key.pub 0:0 644",
      ].join("\n"),
    );
  });

  it("the secrets unit copies secrets from a private home, and again at the next start", async () => {
    for (const key of ["old", "new"]) {
      await run(`echo ${key} >/home/alice/.config/key`);
      await start("microvm-secrets@a");
    }
    expect(await run("stat -c '%U %a' /run/microvm-secrets /run/microvm-secrets/a /run/microvm-secrets/a/KEY")).toBe(
      "root 711\nroot 700\nroot 400",
    );
    expect(await run("cat /run/microvm-secrets/a/KEY")).toBe("new");
    await start("microvm-secrets@credential");
    expect(await run("stat -c '%U %a' /run/microvm-secrets/credential /run/microvm-secrets/credential/KEY")).toBe(
      "microvm 700\nmicrovm 400",
    );
    await start("microvm-secrets@credential");
  });

  it("a hypervisor has its own folder and secrets only, and no other privileges", async () => {
    // Without the hardening, this program would become root.
    expect(await run("runuser -u microvm -- /srv/volumes/id -u")).toBe("0");
    expect(await run("runuser -u microvm -- cat /run/microvm-secrets/credential/KEY")).toBe("new");
    await start("microvm@a");
    const found = "/var/lib/microvms/a/found";
    expect((await run(`until grep -qs 'become root' ${found}; do sleep 0.1; done; cat ${found}`)).split("\n")).toEqual([
      "microvm",
      "CapBnd:0000000000000000",
      "NoNewPrivs:1",
      "/run/microvm-secrets:",
      "a",
      "",
      "/var/lib/microvms:",
      "a",
      "0::/microvm.slice/microvm@a.service",
      "may open KVM",
      "may open a volume elsewhere",
      "may make a namespace",
      "may run what was writable",
      "may connect to a socket",
      "may not write to the volume of another VM",
      "may not read secrets of another VM",
      "may not write to /etc",
      "may not see processes of others",
      "may not become root",
    ]);
  });

  it("root owns the folders and the symlinks of VMs", async () => {
    expect(await run("cd /var/lib/microvms; stat -c '%N %U:%G %a' a b a/current a/toplevel a/booted b/current")).toBe(
      [
        "'a' root:kvm 1775",
        "'b' root:kvm 1775",
        "'a/current' -> '/run/runner' root:root 777",
        "'a/toplevel' -> '/run/system-1' root:root 777",
        "'a/booted' -> '/run/runner' root:root 777",
        "'b/current' -> '/run/runner' root:root 777",
      ].join("\n"),
    );
  });

  it("the garbage collector keeps the runner of a running VM", async () => {
    expect(await run(`readlink ${ROOT_OF_A}`)).toBe("/run/runner");
  });

  it("QEMU can read its secrets, and starts when no VM has secrets", async () => {
    const {
      ExecStop: _,
      Restart: __,
      ...unit
    } = withoutRegister(withPrograms(evaluated.services["microvm@"]?.serviceConfig ?? {}));
    const reader = "cat /run/microvm-secrets/%i/KEY >read; test ! -w /run/microvm-secrets/%i";
    await put(`${UNITS}/reader@.service`, unitFile({ ...unit, Type: "oneshot", ExecStart: `/bin/sh -c '${reader}'` }));
    await put(`${UNITS}/poor@.service`, unitFile({ ...unit, Type: "oneshot", ExecStart: "/bin/sh -c 'id -un >poor'" }));
    await run(`
      install -d -m 1775 -o root -g kvm /var/lib/microvms/credential
      ln -s ../a/current /var/lib/microvms/credential/current
      systemctl daemon-reload`);
    await start("reader@credential");
    expect(await run("cat /var/lib/microvms/credential/read")).toBe("new");
    await run("mv /run/microvm-secrets /run/kept");
    await start("poor@credential");
    expect(await run("cat /var/lib/microvms/credential/poor")).toBe("microvm");
    await run("rm -rf /run/microvm-secrets && mv /run/kept /run/microvm-secrets");
  });

  it("the bridge helper of a hypervisor can gain its capability", async () => {
    const {
      ExecStartPre: _,
      ExecStop: __,
      ExecStopPost: ___,
      Restart: ____,
      ...unit
    } = withoutRegister(withPrograms(evaluated.bridged));
    const helper = { ...unit, Type: "oneshot", ExecStart: "/bin/sh -c '/srv/volumes/id -u >helped'" };
    await put(`${UNITS}/bridged@.service`, unitFile(helper));
    await run("systemctl daemon-reload");
    await start("bridged@a");
    expect(await run("cat /var/lib/microvms/a/helped")).toBe("0");
  });

  it("the stop script stops a VM, and the garbage collector can then delete its runner", async () => {
    await run("systemctl stop microvm@a");
    expect(await run(`cat /var/lib/microvms/a/stopped; test -L ${ROOT_OF_A} || echo no root`)).toBe("stopped\nno root");
  });

  it("an image is created, grows but never shrinks, and the store overlay is renewed when the system changes", async () => {
    const restart = (changes: string): Promise<string> =>
      run(`
        cd /var/lib/microvms/a
        ${changes}
        chown microvm:kvm *.img; systemctl restart microvm@a
        stat -c '%n %s %U' *.img; cat 'rw.img.system'; systemctl stop microvm@a`);
    const [large, mebibytes64] = [100 * 2 ** 20, 64 * 2 ** 20];
    const typeOf = (image: string): Promise<string> => run(`head -c 4 /var/lib/microvms/a/${image} | tr -d '\\0'`);
    // An overlay from before the host recorded its system is created again.
    expect(await run("cd /var/lib/microvms/a; stat -c '%n %s' *.img; cat *.system")).toBe(
      `rw.img ${mebibytes64}\nvar.img ${mebibytes64}\n/run/system-1`,
    );
    expect([await typeOf("rw.img"), await typeOf("var.img")]).toEqual(["ext4", ""]);
    const made = "rm rw.img; truncate -s 1M 'rw.img'";
    expect(await restart(`${made}; truncate -s ${large} var.img`)).toBe(
      `rw.img ${mebibytes64} microvm\nvar.img ${large} microvm\n/run/system-1`,
    );
    expect(await typeOf("rw.img")).toBe("");
    await put(SYSTEMS, JSON.stringify({ a: systemOf(2), b: systemOf(2) }));
    expect(await restart("systemctl start microvm-install")).toBe(
      `rw.img ${mebibytes64} microvm\nvar.img ${large} microvm\n/run/system-2`,
    );
    expect(await typeOf("rw.img")).toBe("ext4");
    expect(await run("journalctl -u microvm@a -o cat | grep 'images never shrink' | sort -u")).toBe(
      "var.img keeps its 100 MiB: images never shrink, although sizeMiB is 64",
    );
    expect(await restart("rm var.img; ln -s /srv/volumes/id var.img")).toMatch(/\nvar\.img \d+ root\n/);
  });

  it("a switch stops a VM that left the configuration, and moves the folders of a renamed one", async () => {
    const vms = ["a", "b", "bridged", "credential"];
    const switchTo = async (names: readonly string[], renamed: object = {}): Promise<string> => {
      await put("/etc/microvm/retire.json", JSON.stringify({ vms: names, declared: names, renamed }));
      await run("systemctl restart microvm-retire");
      return run("systemctl is-active microvm@a || true");
    };
    await run("systemctl start microvm@a");
    expect(await switchTo(vms)).toBe("active");
    expect(await switchTo(vms.slice(1))).toBe("inactive");
    await run("systemctl start microvm@a; install -d -o alice /home/alice/vms/a");
    const folders = ["/var/lib/microvms", "/var/lib/microvm-host-keys", "/home/alice/vms"];
    const renamed = { new: { before: "a", folders, exposed: [] } };
    expect(await switchTo(["new"], renamed)).toBe("inactive");
    const moved = ["microvms", "microvm-host-keys"].map((name) => `/var/lib/${name}`);
    const places = moved.flatMap((each) => [`${each}/a`, `${each}/new`]).join(" ");
    expect(await run(`ls -d ${places} /home/alice/vms/* 2>/dev/null || true`)).toBe(
      ["/home/alice/vms/new", "/var/lib/microvm-host-keys/new", "/var/lib/microvms/new"].join("\n"),
    );
    await run(moved.map((each) => `mv -T ${each}/new ${each}/a`).join("; "));
  });

  describe("sshd", () => {
    const logIn = async (vm: "a" | "b", user: string, method: string): Promise<string> => {
      const settings = Object.entries(evaluated.ssh[vm]).map(
        ([name, value]) => `${name} ${typeof value === "boolean" ? (value ? "yes" : "no") : String(value)}`,
      );
      await put("/run/sshd_config", ["Port 2222", "HostKey /run/key", "UsePAM yes", ...settings, ""].join("\n"));
      return run(`
        mkdir -p /run/sshd
        /usr/sbin/sshd -f /run/sshd_config -o PidFile=/run/sshd.pid
        # sshd goes into the background before it listens, and writes its process id after that.
        timeout 60 sh -c 'until [ -e /run/sshd.pid ]; do sleep 0.05; done'
        ssh -n -p 2222 -i /run/login -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
          -o PreferredAuthentications=${method} ${user}@127.0.0.1 id -un 2>&1 | tr -d "\\r" || true
        kill "$(cat /run/sshd.pid)"; while [ -e /run/sshd.pid ]; do sleep 0.1; done`);
    };

    beforeAll(async () => {
      await run(`
        for key in key login; do ssh-keygen -q -t ed25519 -N '' -f /run/$key; done
        for home in /root /home/alice; do install -d -m 0700 $home/.ssh; cp /run/login.pub $home/.ssh/authorized_keys; done
        chown -R alice: /home/alice
        echo alice:secret | chpasswd; echo root:secret | chpasswd`);
    });

    it.each([
      ["a", "alice", "publickey", "alice"],
      ["a", "alice", "password,keyboard-interactive", "Permission denied (publickey)."],
      ["a", "root", "publickey", "Permission denied (publickey)."],
      ["b", "root", "publickey", "root"],
      ["b", "root", "password,keyboard-interactive", "Permission denied (publickey)."],
    ] as const)("of %s answers %s with method %s: %s", async (vm, user, method, answer) => {
      expect(await logIn(vm, user, method)).toMatch(new RegExp(`(^|: |\\n)${answer.replace(/[().]/g, "\\$&")}$`));
    });
  });
});
