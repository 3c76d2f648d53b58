/** A day with a NixOS host: the commands on its VM, an API key that only the host has, a reboot, and a full disk. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "microvm-emit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { poll } from "../lab/poll.js";
import { emittedFlat } from "../nix/emitted.js";
import { filesInVm, hashOf, openApi } from "./api.js";
import { type Beside, follow, installCommand, ON_HOST, openBeside } from "./command.js";
import { file, machine, SYSTEM } from "./configs.js";
import { build, INPUTS, openStore, type Store } from "./debian.js";
import { type Guest, guestOf, hostKeys, type Key, makeKey, putKey } from "./guest.js";
import { bootHost, type Host } from "./host.js";
import { whatNixosMisses } from "./requirements.js";

const missing = whatNixosMisses();
if (missing !== undefined) console.error(`NOT TESTED: the commands on a booted NixOS, because ${missing}.`);

const ADDRESS = "192.168.83.2";
const WORKSPACE = "/home/alice/microvm/coder";
const IMAGE = "/var/lib/microvms/coder/var.img";
/** A boot takes a minute of CPU time under emulation. */
const PATIENCE = ["--timeout", "2400"];

/** As JSON, because the host reads it too. */
const configOf = (key: Key, memoryMiB: number): Config => ({
  hosts: {
    lab: {
      stateVersion: "25.11",
      modules: ["./configuration.nix"],
      user: { name: "alice", uid: 1000, gid: 100, sshKeys: [key.publicKey] },
      bridges: { microbr: { address: "192.168.83.1/24", nat: { externalInterface: "uplink" } } },
      vms: {
        coder: {
          ...machine,
          index: 0,
          memoryMiB,
          agent: "claude-code",
          packages: ["curl"],
          keys: { anthropic: "/root/anthropic" },
          autostart: true,
          modules: ["./root-login.nix"],
        },
      },
    },
  },
});

const filesOf = (key: Key): Readonly<Record<string, string>> => ({
  "configuration.nix": file("day-host.nix"),
  ...Object.fromEntries(["host.nix", "container.nix", "nixos-rebuild.sh"].map((name) => [name, file(name)])),
  "key.pub": `${key.publicKey}\n`,
  "root-login.nix": `{
    users.users.root.openssh.authorizedKeys.keyFiles = [ ./key.pub ];
    services.openssh.settings.PermitRootLogin = "prohibit-password";
  }`,
});

/** Puts the config and the flake inputs on the host, as for a host that deploys itself. */
const putConfig = ({ folder }: Host, store: Store, key: Key): void => {
  const at = (name: string): string => join(folder, "root/root", name);
  cpSync(store.inputs, at("inputs"), { recursive: true });
  writeFileSync(at("inputs/nix.conf"), file("nix.conf"));
  writeFileSync(
    at("inputs/overrides"),
    Object.entries(INPUTS)
      .filter(([input]) => !/^(stapelbergnix|zkjnastools|configfiles)/.test(input))
      .map(([input, place]) => `${input} ${place}\n`)
      .join(""),
  );
  mkdirSync(at("vms"));
  for (const [name, text] of Object.entries(filesOf(key))) writeFileSync(at(`vms/${name}`), text);
};

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

  beforeAll(async () => {
    store = await openStore();
    const [system = ""] = await build(store, emittedFlat(configOf(key, 1024), filesOf(key)), [SYSTEM]);
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
      expect(await host.run(`cat ${WORKSPACE}/notes.md; stat -c %U ${WORKSPACE}/notes.md`)).toBe("notes\nalice");
      await emit("cp", `coder:${WORKSPACE}/notes.md`, join(host.folder, "copied.md"));
      expect(await host.outside.run("cat", join(host.folder, "copied.md"))).toBe("notes\n");
    });

    it("follows the journal and the console", async () => {
      const logs = follow(beside.words("logs", "coder", "-f", "-n", "5"));
      try {
        await poll("the journal", 60, () => (logs.text() === "" ? undefined : true));
        await guest.run("echo a line of the console >/dev/ttyS0", "root");
        await poll("a line of the console", 60, () => logs.text().includes("a line of the console") || undefined);
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
      await screen("heard hello in /home/alice/microvm/coder");
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

    it("keeps the key out of the memory and the disks of the VM", async () => {
      await host.run("echo a-text-that-the-vm-has >/root/known");
      await emit("exec", "coder", "--", "sh", "-c", "echo a-text-that-the-vm-has >/tmp/known");
      expect(await filesInVm(host, "coder", ["/root/known", "/root/anthropic"])).toEqual(["/root/known"]);
      const words = "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | grep -c -- sk-the || true";
      expect(await guest.run(words.replace("sk-the", "'sk-[t]he'"), "root")).toBe("0");
    });

    it("uses a new key without a restart", async () => {
      const before = await host.run("systemctl show --property=MainPID microvm-gateway");
      await host.run("umask 077; echo sk-the-next-key-of-the-host >/root/.new; mv /root/.new /root/anthropic");
      await poll("the new key", 120, async () =>
        (await sentKey()) === hashOf("sk-the-next-key-of-the-host") ? true : undefined,
      );
      expect(await host.run("systemctl show --property=MainPID microvm-gateway")).toBe(before);
    });
  });

  it("is stale after a switch to a changed config, until a restart", async () => {
    writeFileSync(join(host.folder, "root/root/vms/microvm.config.json"), JSON.stringify(configOf(key, 1100)));
    const log = await host.run(`
      cd /root/vms
      ${ON_HOST} microvm.config.json >/dev/null
      ${ON_HOST} up coder --switch --yes ${PATIENCE.join(" ")} 2>&1`);
    expect(log).toContain("running");
    expect(await host.run("systemctl --failed --no-legend --plain")).toBe("");
    expect(await host.run(`cd /root/vms; ${ON_HOST} status`)).toMatch(/coder\s+stale/);
    expect(stateOf(await emit("status", "--json"))).toBe("stale");
    const memory = "echo $(( $(sed -n 's/^MemTotal: *\\([0-9]*\\).*/\\1/p' /proc/meminfo) / 1000 ))";
    expect(Number(await guest.run(memory))).toBeLessThan(1024);
    await emit("restart", "coder", ...PATIENCE);
    expect(stateOf(await emit("status", "--json"))).toBe("running");
    expect(Number(await emit("exec", "coder", "--", "sh", "-c", memory))).toBeGreaterThan(1024);
  });

  it("comes back after a reboot, behind its policy", async () => {
    const facts = `ssh-keygen -lf ${hostKeys("coder")}/ssh_host_ed25519_key.pub; cat ${WORKSPACE}/notes.md`;
    const before = await host.run(facts);
    await guest.run("echo kept >/var/tmp/kept");
    const system = await host.run("realpath /nix/var/nix/profiles/system");
    await host.powerOff();
    await boot(system, host.folder);
    // The VM starts with the host.
    await emit("up", "coder", ...PATIENCE);
    expect(await guest.run("cat /var/tmp/kept; journalctl --list-boots --no-pager --quiet | wc -l")).toMatch(
      /^kept\n\d/,
    );
    expect(await host.run(facts)).toBe(before);
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
    const fill = "cat /dev/zero >/var/lib/microvms/filler 2>/dev/null || true";
    const free = "rm /var/lib/microvms/filler";

    it("does not start the VM and shows the reason, and starts it when there is space", async () => {
      await emit("reset", "coder", "--yes");
      await expect(host.run(`test -e ${IMAGE}`)).rejects.toThrow();
      expect(await host.run(`cat ${WORKSPACE}/notes.md`)).toBe("notes");
      await host.run(`
        mkdir -p /run/small
        mount -t tmpfs -o size=400M,mode=0755 small /run/small
        cp -a /var/lib/microvms/. /run/small
        mount --bind /run/small /var/lib/microvms
        ${fill}`);
      const { exitCode, stderr } = await beside.emit("up", "coder", "--timeout", "120");
      expect(exitCode).not.toBe(0);
      expect(stderr).toContain("var.img cannot be created. Free space:");
      expect(await host.run("ls /var/lib/microvms/coder")).not.toContain(".img");
      await host.run(free);
      await emit("up", "coder", ...PATIENCE);
    });

    it("pauses the running VM, which continues without a loss", async () => {
      await host.run(fill);
      const writing = guest.run(
        "head -c 40M /dev/urandom | tee /var/tmp/data | sha256sum >/tmp/sum; sync; echo written",
      );
      const journal = (): Promise<string> => host.run("journalctl --output=cat --unit=microvm-resume@coder --no-pager");
      await poll("the message", 300, async () => (await journal()).includes("The VM is paused") || undefined);
      expect((await doctor())["disk space"]).toBe("failed");
      const { stderr } = await beside.emit("up", "coder", "--timeout", "20");
      expect(stderr).toContain("The VM is paused because the disk of the host is full");
      await host.run(free);
      await poll("the VM", 300, async () => (await journal()).includes("It continues.") || undefined);
      expect(await writing).toBe("written");
      await guest.run("echo 3 >/proc/sys/vm/drop_caches", "root");
      expect(await guest.run("sha256sum </var/tmp/data | cmp - /tmp/sum && echo same")).toBe("same");
      expect(await guest.run("dmesg | grep -ciE 'i/o error|remount' || true", "root")).toBe("0");
    });
  });

  it("stops the VM", async () => {
    await emit("down", "coder");
    expect(stateOf(await emit("status", "--json"))).toBe("stopped");
  });
});
