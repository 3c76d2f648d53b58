/**
 * A day with a NixOS host: the commands on its VM, a repository on the disk of the VM, an API key that only the host has,
 * a reboot, and a full disk.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { poll } from "../lab/poll.js";
import { emittedFlat } from "../nix/emitted.js";
import { filesInVm, hashOf, openApi } from "./api.js";
import { makeClone, putClone, readClone } from "./clone.js";
import { type Beside, follow, installCommand, ON_HOST, openBeside } from "./command.js";
import { machine, SYSTEM } from "./configs.js";
import { configOf, filesOf, putConfig } from "./day-config.js";
import { build, openStore, type Store } from "./debian.js";
import { type Guest, guestOf, hostKeys, makeKey, putKey } from "./guest.js";
import { bootHost, type Host } from "./host.js";
import { SERVERS } from "./outside.js";
import { whatNixosMisses } from "./requirements.js";

const missing = whatNixosMisses();
if (missing !== undefined) console.error(`NOT TESTED: the commands on a booted NixOS, because ${missing}.`);

const ADDRESS = "192.168.83.2";
const WORKSPACE = "/workspace";
const DISKS = "/var/lib/microvms/coder";
/** A boot takes a minute of CPU time under emulation. */
const PATIENCE = ["--timeout", "2400"];

describe.skipIf(missing !== undefined)("a host and its VM", () => {
  const key = makeKey();
  let store: Store;
  let host: Host;
  let beside: Beside;
  let guest: Guest;

  const boot = async (system: string, folder?: string): Promise<void> => {
    host = await bootHost(store, system, folder === undefined ? {} : { folder });
    await openApi(host);
    beside = await openBeside(host, key);
    guest = guestOf(host, "coder", ADDRESS);
  };
  /** The output of the command on the machine beside the host. */
  const emit = async (command: string, ...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await beside.emit(command, ...args);
    if (exitCode !== 0)
      throw new Error(`${command} ${args.join(" ")} ended with ${String(exitCode)}:\n${stdout}${stderr}`);
    return stdout;
  };
  interface Status {
    readonly hosts: readonly { readonly vms: readonly { readonly name: string; readonly state: string }[] }[];
  }
  const stateOf = (json: string): string | undefined =>
    (JSON.parse(json) as Status).hosts[0]?.vms.find(({ name }) => name === "coder")?.state;
  interface Doctor {
    readonly hosts: readonly { readonly checks: readonly { readonly name: string; readonly verdict: string }[] }[];
  }
  const doctor = async (): Promise<Readonly<Record<string, string>>> => {
    const { hosts } = JSON.parse((await beside.emit("doctor", "--json")).stdout) as Doctor;
    return Object.fromEntries((hosts[0]?.checks ?? []).map(({ name, verdict }) => [name, verdict]));
  };

  /** The commits, the index and the files of the repository. */
  const work = (): Promise<string> =>
    guest.run(`cd ${WORKSPACE}; git log --all --format='%H %s'; git status --short; git diff HEAD; cat notes.md`);

  beforeAll(async () => {
    store = await openStore();
    const [system = ""] = await build(store, emittedFlat(configOf(key, {}), filesOf(key)), [SYSTEM]);
    await boot(system);
    await putKey(host, key);
    await host.run("umask 077; echo sk-the-real-key-of-the-host >/root/anthropic");
    installCommand(host);
    putConfig(host, store, key);
    await emit("up", "coder", ...PATIENCE);
  });
  afterAll(() => (host as Host | undefined)?.kill());

  describe("with the daily commands", () => {
    it("shows its state, here and on the host", async () => {
      expect(stateOf(await emit("status", "--json"))).toBe("running");
      expect(await host.run(`${ON_HOST} status`)).toMatch(/coder\s+running/);
    });

    it("runs commands in the workspace, with standard input and the exit code", async () => {
      expect(await emit("exec", "coder", "--", "sh", "-c", "pwd; id -un; exit 0")).toBe(`${WORKSPACE}\nalice\n`);
      expect((await beside.emit("exec", "coder", "--", "sh", "-c", "exit 7")).exitCode).toBe(7);
      expect(await emit("ssh", "coder", "--", "hostname")).toBe("coder\n");
      expect(await host.run(`${ON_HOST} exec coder -- hostname 2>&1 || true`)).toContain(
        "Permission denied (publickey)",
      );
    });

    it("copies files in and out", async () => {
      writeFileSync(join(host.folder, "notes.md"), "notes\n");
      await emit("cp", join(host.folder, "notes.md"), `coder:${WORKSPACE}/`);
      expect(await guest.run(`cat ${WORKSPACE}/notes.md; stat -c %U ${WORKSPACE}/notes.md`)).toBe("notes\nalice");
      await emit("cp", `coder:${WORKSPACE}/notes.md`, join(host.folder, "copied.md"));
      expect(await host.outside.run("cat", join(host.folder, "copied.md"))).toBe("notes\n");
    });

    it("follows the journal and the console", async () => {
      const logs = follow(beside.words("logs", "coder", "-f", "-n", "5"));
      try {
        await poll("the journal", 60, () => (logs.text() === "" ? undefined : true));
        // Messages of the boot can be in the middle of one line.
        await poll("a line of the console", 60, async () => {
          await guest.run("echo a line of the console >/dev/ttyS0", "root");
          return logs.text().includes("a line of the console") || undefined;
        });
      } finally {
        logs.end();
      }
    });

    it("attaches to the agent, which continues after a detach", async () => {
      const socket = join(host.folder, "terminal");
      const tmux = (...args: readonly string[]): Promise<string> => host.outside.run("tmux", "-S", socket, ...args);
      const agent = beside.words("agent", "coder").slice(beside.words("agent").indexOf("env"));
      const screen = (text: string): Promise<unknown> =>
        poll(text, 120, async () => (await tmux("capture-pane", "-p")).includes(text) || undefined);
      await tmux("-f", "/dev/null", "new-session", "-d", "-x", "150", "-y", "40", ...agent);
      await screen(`CLAUDE_CONFIG_DIR=/home/alice/claude-microvm`);
      await tmux("send-keys", "hello", "Enter");
      await screen(`heard hello in ${WORKSPACE}`);
      await tmux("send-keys", "C-b", "d").catch(() => "");
      await tmux("kill-server").catch(() => "");
      expect(await emit("exec", "coder", "--", "tmux", "list-sessions")).toMatch(/^agent: 1 windows/);
      await tmux("-f", "/dev/null", "new-session", "-d", "-x", "150", "-y", "40", ...agent);
      await screen("heard hello in");
      await tmux("kill-server");
    });

    it("passes the checks of doctor", async () => {
      const { KVM, clock, modules, ...rest } = await doctor();
      // A container has no KVM, vhost-net and time service.
      expect([KVM, clock, modules]).not.toContain(undefined);
      expect(rest).toEqual({
        bridges: "ok",
        NAT: "ok",
        policy: "ok",
        resolver: "skipped",
        "disk space": "ok",
        owners: "ok",
        "GC roots": "ok",
      });
    });
  });

  describe("with a repository on the disk of the VM", () => {
    it("sends a branch of a clone, and merges the reviewed commits of the VM", async () => {
      const clone = makeClone(join(host.folder, "project"));
      await putClone(host, clone, key);
      await emit("push", "coder", "--repo", clone);
      await guest.run(`
        cd ${WORKSPACE}
        cat file
        echo work >>file
        git commit --quiet --all --message "work of the agent"
        git switch --quiet --create trap
        echo 'touch /tmp/ran' >.envrc
        git add .envrc
        git commit --quiet --message "a file that runs"
        git switch --quiet main`);
      const fetched = JSON.parse(await emit("fetch", "coder", "--repo", clone, "--json")) as {
        readonly branches: readonly { readonly name: string; readonly change: string }[];
      };
      expect(fetched.branches.map(({ name, change }) => [name, change])).toEqual([
        ["main", "new"],
        ["trap", "new"],
      ]);
      expect(readClone(clone)).toBe("base\n");
      expect(await emit("review", "coder", "main", "--repo", clone)).toContain("work of the agent");
      await emit("merge", "coder", "main", "--repo", clone);
      expect(readClone(clone)).toBe("base\nwork\n");
      const { exitCode, stderr } = await beside.emit("merge", "coder", "trap", "--repo", clone);
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining(".envrc")]);
    });

    it("gives the commits to the user of the host, in the clone of the config", async () => {
      const asAlice = (...args: readonly string[]): Promise<string> =>
        host.run(`cd /; runuser -u alice -- env HOME=/home/alice ${ON_HOST} ${args.join(" ")} 2>&1`);
      expect(await asAlice("fetch", "coder")).toMatch(/vm\/coder\/main .* new/);
      expect(await asAlice("review", "coder", "main")).toContain("work of the agent");
      await asAlice("merge", "coder", "main");
      expect(await host.run("cat /home/alice/project/file")).toBe("base\nwork");
    });
  });

  it("is stale after a switch to a changed config, until a restart", async () => {
    const changed = configOf(
      key,
      { memoryMiB: 1100, keys: { anthropic: "/root/anthropic" } },
      { later: { ...machine, index: 1 } },
    );
    writeFileSync(join(host.folder, "root/root/vms/microvm.config.json"), JSON.stringify(changed));
    expect(
      await guest.run("echo ${ANTHROPIC_BASE_URL-none}; grep -c 'API keys' /etc/claude-code/CLAUDE.md || true"),
    ).toBe("none\n0");
    await guest.run(`cd ${WORKSPACE}; echo a draft >>file; git add file; echo another >>file`);
    const before = await work();
    const log = await host.run(`
      cd /root/vms
      ${ON_HOST} microvm.config.json >/dev/null
      # Without the network, only these inputs can be locked.
      export NIX_CONFIG="$(cat /root/inputs/nix.conf)"
      nix flake lock $(sed 's#^\\(.*\\) \\(.*\\)#--override-input \\1 path:/root/inputs/\\2#' /root/inputs/overrides) ./flake 2>&1
      ${ON_HOST} up coder --switch --yes ${PATIENCE.join(" ")} 2>&1`);
    expect(log).toContain("running");
    expect(await host.run("systemctl --failed --no-legend --plain")).toBe("");
    expect(await host.run(`cd /root/vms; ${ON_HOST} status`)).toMatch(/coder\s+stale/);
    expect(stateOf(await emit("status", "--json"))).toBe("stale");
    const memory = "echo $(( $(sed -n 's/^MemTotal: *\\([0-9]*\\).*/\\1/p' /proc/meminfo) / 1000 ))";
    expect(Number(await guest.run(memory))).toBeLessThan(1024);
    // The running VM has the key, which only its environment does not know.
    const url = "http://192.168.83.1:5381/v1/messages";
    expect(await guest.run(`curl -s --max-time 60 ${url} -d {}`)).toContain(hashOf("sk-the-real-key-of-the-host"));
    await emit("restart", "coder", ...PATIENCE);
    expect(stateOf(await emit("status", "--json"))).toBe("running");
    expect(Number(await emit("exec", "coder", "--", "sh", "-c", memory))).toBeGreaterThan(1024);
    expect(await work()).toBe(before);
  });

  describe("with an API key on the host", () => {
    const ask = (): Promise<string> =>
      guest.run('curl -s --max-time 60 -H "x-api-key: $ANTHROPIC_AUTH_TOKEN" "$ANTHROPIC_BASE_URL/v1/messages" -d {}');
    const sentKey = async (): Promise<string | undefined> => {
      const { headers } = JSON.parse(await ask()) as { readonly headers: readonly (readonly [string, string])[] };
      return Object.fromEntries(headers)["x-api-key"];
    };

    it("adds the key to requests of the VM", async () => {
      expect(await guest.run("echo $ANTHROPIC_BASE_URL $ANTHROPIC_AUTH_TOKEN")).toBe(
        "http://192.168.83.1:5381 held-by-the-host",
      );
      expect(await sentKey()).toBe(hashOf("sk-the-real-key-of-the-host"));
    });

    it("names the key on the page for the agent", async () => {
      const page = "echo $(readlink -f /etc/claude-code/CLAUDE.md) $(grep '^- API keys' /etc/claude-code/CLAUDE.md)";
      expect(await guest.run(page)).toBe(
        "/run/microvm-emit/README.md - API keys of `anthropic`: the host adds them to requests. They are not on this machine.",
      );
    });

    it("runs nginx without privileges", async () => {
      const status = "/proc/$(systemctl show --property=MainPID --value microvm-gateway)/status";
      const found = await host.run(
        `systemctl is-active microvm-gateway; grep -E '^(CapEff|NoNewPrivs|Seccomp):' ${status}; stat -c %U ${status}`,
      );
      expect(found.split(/\s+/)).toEqual([
        "active",
        "CapEff:",
        "0000000000000000",
        "NoNewPrivs:",
        "1",
        "Seccomp:",
        "2",
        "microvm-gateway",
      ]);
      expect(await host.run("stat -c '%U %a' /run/microvm-gateway/anthropic.keys")).toBe("microvm-gateway 400");
    });

    it("lets only the gateway read the key, and keeps it out of the store", async () => {
      const copies = "/run/microvm-gateway/anthropic.keys /run/credentials/microvm-gateway-keys.service";
      const readers = ["microvm", "alice", "nobody"].map(
        (user) => `setpriv --reuid=${user} --clear-groups cat ${copies} 2>/dev/null || true`,
      );
      expect(await host.run(readers.join("\n"))).toBe("");
      // The host evaluated and built its system itself, while the key was there.
      const written = join(host.folder, "nix.changes");
      expect(await host.outside.script(`grep -rlF sk-the- ${written} || echo none`)).toBe("none\n");
      expect(
        await host.outside.script(
          `find ${written}/store -maxdepth 1 -name '*nixos-system-lab*' ! -name '*.drv' | wc -l`,
        ),
      ).toBe("1\n");
    });

    it("keeps the key out of the memory and the disks of the VM", async () => {
      await host.run("echo a-text-that-the-vm-has >/root/known");
      await emit("exec", "coder", "--", "sh", "-c", "echo a-text-that-the-vm-has >/tmp/known");
      expect(await filesInVm(host, "coder", ["/root/known", "/root/anthropic"])).toEqual(["/root/known"]);
      const words = "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | grep -c -- sk-the || true";
      expect(await guest.run(words.replace("sk-the", "'sk-[t]he'"), "root")).toBe("0");
    });

    it("uses a new key without a restart", async () => {
      const processes = "systemctl show --property=MainPID microvm-gateway microvm@coder";
      const before = await host.run(processes);
      await host.run("umask 077; echo sk-the-next-key-of-the-host >/root/.new; mv /root/.new /root/anthropic");
      await poll("the new key", 120, async () =>
        (await sentKey()) === hashOf("sk-the-next-key-of-the-host") ? true : undefined,
      );
      expect(await host.run(processes)).toBe(before);
    });
  });

  it("comes back after a reboot, behind its policy", async () => {
    const fingerprint = `ssh-keygen -lf ${hostKeys("coder")}/ssh_host_ed25519_key.pub`;
    const before = [await host.run(fingerprint), await work()];
    await guest.run("echo kept >/var/tmp/kept");
    const system = await host.run("realpath /nix/var/nix/profiles/system");
    await host.powerOff();
    await boot(system, host.folder);
    // The VM starts with the host.
    await emit("up", "coder", ...PATIENCE);
    expect(await guest.run("cat /var/tmp/kept; journalctl --list-boots --no-pager --quiet | wc -l")).toMatch(
      /^kept\n\d/,
    );
    expect([await host.run(fingerprint), await work()]).toEqual(before);
    expect(await host.run("systemctl --failed --no-legend --plain")).toBe("");
    const [policy, tap, vm] = (
      await host.run(`
        systemctl show --property=ActiveEnterTimestampMonotonic --value microvm-policy
        systemctl show --property=ExecMainStartTimestampMonotonic --value microvm-tap-interfaces@coder
        systemctl show --property=ExecMainStartTimestampMonotonic --value microvm@coder`)
    )
      .split(/\n+/)
      .map(Number);
    expect(policy).toBeGreaterThan(0);
    expect(tap).toBeGreaterThan(policy ?? NaN);
    expect(vm).toBeGreaterThan(policy ?? NaN);
  });

  describe("with a full disk", () => {
    const fill = "cat /dev/zero >/run/small/filler 2>/dev/null || true";
    const free = "rm /run/small/filler";
    const failedUnits = "systemctl --failed --no-legend --plain; systemctl reset-failed";
    let before: string;

    it("starts no VM, shows the reason, and keeps everything", async () => {
      before = await work();
      await emit("reset", "coder", "--yes");
      expect(await host.run(`ls ${DISKS} | grep img`)).toBe("workspace.img");
      await host.run(`
        mkdir -p /run/small
        mount -t tmpfs -o size=500M,mode=0755 small /run/small
        for folder in microvms microvm-host-keys; do
          cp -a /var/lib/$folder /run/small
          mount --bind /run/small/$folder /var/lib/$folder
        done
        ${fill}`);
      const { exitCode, stderr } = await beside.emit("up", "coder", "--timeout", "120");
      expect(exitCode).not.toBe(0);
      expect(stderr).toContain("var.img cannot be created. Free space:");
      expect(await host.run(`ls ${DISKS} | grep img`)).toBe("workspace.img");
      // This VM has never started, so it has no host key.
      const later = await beside.emit("up", "later", "--timeout", "120");
      expect(later.stderr).toContain("later/ssh_host_ed25519_key.pub: No space left on device");
      await expect(host.run(`test -e ${hostKeys("later")}/ssh_host_ed25519_key`)).rejects.toThrow();
    });

    it("starts them when there is space", async () => {
      await host.run(`${free}; ${failedUnits}`);
      await host.run("systemctl start microvm-state@later");
      const pair = `cd ${hostKeys("later")}; ssh-keygen -y -f ssh_host_ed25519_key; cut -d' ' -f1,2 ssh_host_ed25519_key.pub`;
      const [fromPrivate = "", ...publicKey] = (await host.run(pair)).split("\n");
      expect([fromPrivate.split(" ").slice(0, 2).join(" ")]).toEqual(publicKey);
      await emit("up", "coder", ...PATIENCE);
      expect(await work()).toBe(before);
    });

    it("pauses the running VM, which continues without a loss", async () => {
      await host.run(fill);
      const writing = guest.run(`
        head -c 40M /dev/urandom | tee /var/tmp/data | sha256sum >/tmp/sum
        cd ${WORKSPACE}
        git commit --quiet --all --message "a commit while the disk is full"
        sync
        echo written`);
      const journal = (): Promise<string> => host.run("journalctl --output=cat --unit=microvm-resume@coder --no-pager");
      await poll("the message", 300, async () => (await journal()).includes("The VM is paused") || undefined);
      expect(await doctor()).toMatchObject({ "disk space": "failed", policy: "ok" });
      const { stderr } = await beside.emit("up", "coder", "--timeout", "20");
      expect(stderr).toContain("The VM is paused because the disk of the host is full");
      // The network policy needs no space.
      await host.run("systemctl reload microvm-policy");
      await host.run(free);
      await poll("the VM", 300, async () => (await journal()).includes("It continues.") || undefined);
      expect(await writing).toBe("written");
      await guest.run("echo 3 >/proc/sys/vm/drop_caches", "root");
      expect(await guest.run("sha256sum </var/tmp/data | cmp - /tmp/sum && echo same")).toBe("same");
      expect(await guest.run("dmesg | grep -E 'I/O error|Remounting filesystem' || true", "root")).toBe("");
      expect(await guest.run(`git -C ${WORKSPACE} fsck --strict --no-dangling 2>&1; echo $?`)).toBe("0");
      expect(await emit("fetch", "coder", "--repo", join(host.folder, "project"))).toMatch(/vm\/coder\/main .* moved/);
      const reached = `timeout 10 bash -c '</dev/tcp/${SERVERS.lan}/80' 2>/dev/null && echo reached || echo refused`;
      expect(await guest.run(reached)).toBe("refused");
    });
  });

  it("stops the VM", async () => {
    await emit("down", "coder");
    expect(stateOf(await emit("status", "--json"))).toBe("stopped");
  });
});
