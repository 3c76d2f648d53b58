/** VMs of an emitted host, booted as NixOS on a NixOS host: login, network, shares, agent, secrets, policies and shutdown. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { coder, flakeOf, labOf, machine, rootLogin, SYSTEM } from "./configs.js";
import { build, openStore } from "./debian.js";
import { type Guest, hostKeys, type Key, makeKey, putKey, startGuest } from "./guest.js";
import { bootHost, type Host } from "./host.js";
import { DNS, NAMED, SERVERS } from "./outside.js";
import { whatNixosMisses } from "./requirements.js";

const missing = whatNixosMisses();
if (missing !== undefined) console.error(`NOT TESTED: a booted NixOS, because ${missing}.`);

const SECRET = "a-token-that-is-only-in-this-file";
const WORKSPACE = "/home/alice/microvm/coder";

const addresses = {
  coder: "192.168.83.2",
  list: "192.168.83.3",
  none: "192.168.83.4",
  open: "192.168.83.5",
} as const;
type Name = keyof typeof addresses;

const configOf = (key: Key) =>
  labOf(key.publicKey, {
    coder: {
      ...coder,
      index: 0,
      network: "internet",
      secrets: { TOKEN: "/root/token" },
      modules: [rootLogin(key.publicKey)],
    },
    // These share a guest.
    list: { ...machine, index: 1, network: "allowlist", allow: ["listed.example"], workspace: "~/a/b/list" },
    none: { ...machine, index: 2, network: "none", reachVms: ["coder"], reachHost: [8080] },
    open: { ...machine, index: 3, network: "open" },
  });

describe.skipIf(missing !== undefined)("a booted host", () => {
  let host: Host;
  let system: string;
  const guests = {} as Record<Name, Guest>;

  beforeAll(async () => {
    const key = makeKey();
    const store = await openStore();
    [system = ""] = await build(store, flakeOf(configOf(key)), [SYSTEM]);
    host = await bootHost(store, system);
    await putKey(host, key);
    await host.run(`umask 077; echo ${SECRET} >/root/token`);
  });
  afterAll(() => (host as Host | undefined)?.kill());

  it("has no failed unit", async () => {
    expect(await host.run("systemctl --failed --no-legend --plain")).toBe("");
  });

  describe("with started VMs", () => {
    beforeAll(async () => {
      await Promise.all(
        Object.entries(addresses).map(async ([name, address]) => {
          guests[name as Name] = await startGuest(host, name, address);
        }),
      );
    });

    const each = async (command: string): Promise<Record<string, string>> =>
      Object.fromEntries(
        await Promise.all(Object.values(guests).map(async ({ name, run }) => [name, await run(command)] as const)),
      );

    it("accepts the key of the config, under the name of the VM", async () => {
      const found = await each("echo $(id -un):$(id -u):$(id -g) $(hostname)");
      expect(found).toEqual(Object.fromEntries(Object.keys(addresses).map((name) => [name, `alice:1000:100 ${name}`])));
    });

    it("refuses another key and a password", async () => {
      await host.run("ssh-keygen -q -t ed25519 -N '' -f /root/other <<<y");
      const login = `ssh -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i /root/other alice@${addresses.coder} true`;
      expect(await host.run(`${login} 2>&1 || true`)).toContain("Permission denied (publickey)");
    });

    it("has no failed unit in a VM", async () => {
      const found = await each("systemctl --failed --no-legend --plain");
      expect(Object.values(found).join("")).toBe("");
    });

    it("gives each VM its address, route and DNS server", async () => {
      for (const { name, address, run } of Object.values(guests)) {
        const found = await run(
          "ip -4 -brief addr show dev eth0; ip route show default; grep ^nameserver /run/systemd/resolve/resolv.conf",
        );
        expect(
          found.split("\n").map((line) => line.trim().replaceAll(/ +/g, " ")),
          name,
        ).toEqual([`eth0 UP ${address}/24`, "default via 192.168.83.1 dev eth0 proto static", `nameserver ${DNS}`]);
      }
    });

    it("mounts workspace, login and host keys with the owners and modes of the host", async () => {
      const folders = ["/home/alice/claude-microvm", WORKSPACE, "/etc/ssh/host-keys"];
      const found = await guests.coder.run(
        `for folder in ${folders.join(" ")}; do echo $(findmnt -no FSTYPE $folder) $(stat -c '%u:%g %a' $folder); done`,
      );
      expect(found.split("\n")).toEqual(["virtiofs 1000:100 700", "virtiofs 1000:100 755", "virtiofs 0:0 700"]);
      const [inGuest, onHost] = await Promise.all([
        guests.coder.run("cat /etc/ssh/host-keys/*.pub", "root"),
        host.run(`cat ${hostKeys("coder")}/*.pub`),
      ]);
      expect(inGuest).toBe(onHost);
      await expect(guests.coder.run("touch /etc/ssh/host-keys/new", "root")).rejects.toThrow("Read-only");
      await expect(guests.coder.run("touch /nix/.ro-store/new", "root")).rejects.toThrow("Read-only");
    });

    it("gives folders above mount points to the user", async () => {
      expect(await guests.coder.run("stat -c '%U:%G %a' ~/microvm && touch ~/microvm/notes")).toBe("alice:users 755");
      const shared = "findmnt -no FSTYPE ~/a/b/list; stat -c '%U:%G %a' ~/a ~/a/b";
      expect(await guests.list.run(shared)).toBe("virtiofs\nalice:users 755\nalice:users 755");
    });

    it("gives files of root in the VM to the user on the host, without setuid root and device nodes", async () => {
      await guests.coder.run(`cd ${WORKSPACE}; cp /run/current-system/sw/bin/true planted; chmod 4755 planted`, "root");
      await expect(guests.coder.run(`mknod ${WORKSPACE}/disk b 8 0`, "root")).rejects.toThrow("not permitted");
      expect(await host.run(`stat -c '%n %U:%G' ${WORKSPACE}/*`)).toBe(`${WORKSPACE}/planted alice:users`);
      await guests.coder.run(`echo work >${WORKSPACE}/file`);
      expect(await host.run(`cat ${WORKSPACE}/file; stat -c %U:%G ${WORKSPACE}/file`)).toBe("work\nalice:users");
    });

    it("starts the agent with its folder, and links the files of home-manager", async () => {
      await host.run("install -o alice -g users -m 600 /dev/null /home/alice/claude-microvm/.credentials.json");
      expect(await guests.coder.run("claude")).toBe("CLAUDE_CONFIG_DIR=/home/alice/claude-microvm\n.credentials.json");
      expect(await guests.coder.run("realpath ~/.zshrc")).toMatch(/^\/nix\/store\/.*zshrc$/);
    });

    it("describes its limits to the user and the agent", async () => {
      const page = "/etc/microvm-emit/README.md";
      const pages = await each(`cat ${page}; ! rm -f ${page} 2>/dev/null; ! echo >>${page}`);
      const policies: Readonly<Record<Name, string>> = {
        coder: "All public addresses, but not the host, private networks or other VMs.",
        list: "Allowed: `listed.example`.",
        none: "Ports of the host: `tcp/8080`.",
        open: "The host enforces no policy.",
      };
      for (const [name, policy] of Object.entries(policies)) {
        expect(pages[name]).toContain(`# The microVM ${name}\n`);
        expect(pages[name]).toContain(policy);
      }
      expect(pages["none"]).toContain("Other VMs: `coder`.");
      expect(pages["coder"]).toContain(`Work in \`${WORKSPACE}\`, a folder of the host.`);
      expect(pages["coder"]).toContain("Secrets in `/run/microvm-secrets`: `TOKEN`.");
      // Claude Code reads this file at the start of each session.
      expect(await guests.coder.run("cat /etc/claude-code/CLAUDE.md")).toBe(pages["coder"]);
    });

    it("has the programs of the toolchain and packages on PATH", async () => {
      const programs = ["go", "gopls", "git", "claude"];
      const found = await guests.coder.run(`for name in ${programs.join(" ")}; do command -v $name || true; done`);
      expect(found.split("\n").map((path) => path.replace(/.*\//, ""))).toEqual(programs);
    });

    it("refuses sudo", async () => {
      const found = await each("sudo -n id -u 2>&1 || echo refused");
      for (const [name, output] of Object.entries(found)) expect(output, name).toMatch(/^sudo: .*\nrefused$/s);
      expect(await guests.coder.run("stat -c '%U:%G %a' /run/wrappers/bin/sudo")).toBe("root:wheel 4510");
    });

    it("passes secrets to the user, and keeps them out of the store and the arguments of the hypervisor", async () => {
      const found = await guests.coder.run(
        "echo $TOKEN; cat /run/microvm-secrets/TOKEN; stat -c '%U %a' /run/microvm-secrets/TOKEN",
      );
      expect(found).toBe(`${SECRET}\n${SECRET}\nalice 400`);
      // A pattern in an argument would match itself.
      const inStore = `nix-store --query --requisites ${system} | grep -v -- -debian-tree$ | xargs grep -rlFf /root/token || true`;
      expect(await host.run(inStore)).toBe("");
      expect(await host.run("grep -lzFf /root/token /proc/[0-9]*/cmdline 2>/dev/null || true")).toBe("");
      expect(await guests.coder.run(`echo ${SECRET} >token; grep -Ff token /proc/cmdline || true`)).toBe("");
    });

    describe("enforces the network policies", () => {
      /** Destinations by name: an address or a name, and a port. */
      const probes = {
        internet: [SERVERS.internet, 80],
        lan: [SERVERS.lan, 80],
        "listed name": ["listed.example", 80],
        "unlisted name": ["unlisted.example", 80],
        "address of the unlisted name": [NAMED["unlisted.example"], 80],
        host: ["192.168.83.1", 8080],
        "VM coder": [addresses.coder, 22],
        "VM none": [addresses.none, 22],
      } as const;
      const reached: Readonly<Record<Name, readonly (keyof typeof probes)[]>> = {
        coder: ["internet", "listed name", "unlisted name", "address of the unlisted name"],
        list: ["listed name"],
        none: ["host", "VM coder"],
        open: ["internet", "lan", "listed name", "unlisted name", "address of the unlisted name", "host"],
      };

      it.each(Object.keys(addresses) as Name[])("of the VM %s", async (name) => {
        const commands = Object.entries(probes)
          .filter(([probe]) => probe !== `VM ${name}`)
          .map(
            ([probe, [to, port]]) => `{ timeout 60 bash -c '</dev/tcp/${to}/${String(port)}' && echo '${probe}'; } &`,
          );
        const found = await guests[name].run(`exec 2>/dev/null\n${commands.join("\n")}\nwait`);
        expect(found.split("\n").filter(Boolean).sort()).toEqual([...reached[name]].sort());
      });

      it("when a VM takes another address", async () => {
        const web = `timeout 60 bash -c '</dev/tcp/${SERVERS.internet}/80' && echo reached || true`;
        expect(await guests.coder.run(web)).toBe("reached");
        const taken = "192.168.83.77";
        const found = await guests.coder.run(
          `ip addr add ${taken}/24 dev eth0
           ip route add ${SERVERS.internet} via 192.168.83.1 src ${taken}
           ${web}
           ip route del ${SERVERS.internet}
           ip addr del ${taken}/24 dev eth0`,
          "root",
        );
        expect(found).toBe("");
      });
    });

    it("keeps the user of the hypervisor from replacing programs that root runs", async () => {
      const asHypervisor = (command: string): Promise<string> =>
        host.run(`cd /; setpriv --reuid=microvm --regid=kvm --clear-groups bash -c '${command}' 2>&1 || echo refused`);
      const folder = "/var/lib/microvms/coder";
      for (const command of [
        `ln -sfn /tmp ${folder}/current`,
        `mv ${folder}/current ${folder}/old`,
        `ln -sfn /tmp ${folder}/booted`,
        `rm -f ${folder}/booted`,
        `mv ${folder} /var/lib/microvms/old`,
        "mkdir /var/lib/microvms/new",
        `ln -sfn /tmp ${folder}/toplevel`,
      ])
        expect(await asHypervisor(command), command).toMatch(/\nrefused$/);
      // Sockets, and the process ids of their daemons.
      expect(
        await host.run(`find ${folder} -mindepth 1 -user root ! -type l ! -name '*.sock' ! -name '*.sock.pid'`),
      ).toBe("");
    });

    it("shuts a VM down without losing data", async () => {
      await guests.coder.run("echo kept >/var/tmp/kept; sync", "root");
      await guests.coder.run("echo kept >/var/tmp/unsynced", "root");
      await host.run("systemctl stop microvm@coder");
      const image = "/var/lib/microvms/coder/var.img";
      // microvm.nix creates images with these tools.
      const tools = "$(ls -d /nix/store/*-e2fsprogs | head -n 1)/bin";
      const state = await host.run("systemctl show --property=Result --value microvm@coder");
      expect(state).toBe("success");
      const features = await host.run(`${tools}/dumpe2fs -h ${image} 2>/dev/null`);
      expect(features).toContain("clean");
      expect(features).not.toContain("needs_recovery");
      const files = await host.run(`${tools}/debugfs -R 'ls -p /tmp' ${image} 2>/dev/null`);
      expect(files).toContain("unsynced");
    });
  });
});
