/** Commands on VMs against a real systemd, journal, sshd and tmux. Each VM is a sshd that systemd runs as `microvm@NAME`. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { poll } from "./poll.js";
import { factsOf, giveKey, putFacts } from "./stand-in.js";
import { type CommandEnd, bootSystemdHost, EMIT, HOST, type SystemdHost, whatSystemdMisses } from "./systemd-host.js";

const missing = whatSystemdMisses();
if (missing !== undefined) console.error(`NOT TESTED: commands on VMs, because ${missing}.`);

const ADDRESS = { first: "10.8.0.1", second: "10.8.0.2" } as const;

/** The file that the emitted modules write. */
const facts = factsOf("lab", {
  first: {
    address: ADDRESS.first,
    workspace: "/home/alice/work",
    agent: "WHO=agent sh -c 'echo $WHO in $PWD; exec cat'",
    images: ["var.img"],
  },
  second: {
    address: ADDRESS.second,
    workspace: "/home/alice/work",
    repository: { clone: null, image: "workspace.img" },
    images: ["var.img", "workspace.img"],
  },
});

interface Vm {
  readonly name: string;
  readonly state: string;
  readonly [more: string]: unknown;
}

describe.skipIf(missing !== undefined)("on a host with systemd", () => {
  let host: SystemdHost;
  const json = ({ stdout, stderr }: CommandEnd): Readonly<Record<string, unknown>> => {
    try {
      return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
    } catch {
      throw new Error(`No JSON: ${stdout}${stderr}`);
    }
  };
  const vmsOf = (end: CommandEnd): readonly Vm[] =>
    (json(end)["hosts"] as readonly { readonly vms: readonly Vm[] }[]).flatMap(({ vms }) => vms);
  const stateOf = (name: string): unknown =>
    vmsOf(host.emit("alice", ["status", name, "--json"])).map(({ state }) => state)[0];

  beforeAll(async () => {
    host = await bootSystemdHost();
    await putFacts(host, facts);
    await giveKey(host);
    const secret = await host.run("cat /home/alice/.ssh/id_ed25519");
    await host.run(`
      mkdir -p /root/.ssh
      cp /home/alice/.ssh/authorized_keys /root/.ssh
      install -d -o alice -g alice /home/alice/work
      ssh-keygen -A
      echo '127.0.0.1 vm' >>/etc/hosts
      systemctl reset-failed ssh
      systemctl start ssh`);
    for (const [name, address] of Object.entries(ADDRESS)) await host.run(`make-vm ${name} ${address}`);
    const shown = await host.run("cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub");
    await host.outside.script(`
      mkdir -p ${host.folder}/ssh
      cat >${host.folder}/ssh/id_ed25519 <<'END'\n${secret.trim()}\nEND
      echo '${HOST} ${shown}' >${host.folder}/ssh/known_hosts
      chmod -R go= ${host.folder}/ssh
      mkdir -p /root/.ssh
      mount --bind ${host.folder}/ssh /root/.ssh`);
  }, 600_000);
  afterAll(() => (host as SystemdHost | undefined)?.close());

  it("status shows stopped and running VMs, without a config", async () => {
    await host.run("systemctl start microvm@first");
    const vms = vmsOf(host.emit("alice", ["status", "--json"]));
    expect(vms).toMatchObject([
      {
        name: "first",
        state: "running",
        addresses: ["10.8.0.1"],
        booted: "/nix/store/first-microvm-first",
        deployed: "/nix/store/first-microvm-first",
        inConfig: null,
      },
      { name: "second", state: "stopped", uptimeSeconds: null, memoryBytes: null, booted: null },
    ]);
    expect(vms[0]?.["uptimeSeconds"]).toBeTypeOf("number");
    // A kernel can have no memory controller for the container.
    const known = await host.run("systemctl show --value --property=MemoryCurrent microvm@first");
    expect(vms[0]?.["memoryBytes"]).toEqual(/^\d+$/.test(known) ? expect.any(Number) : null);
  });

  it("net shows the names that the resolver refused, by VM", async () => {
    const lines = [
      "first asked for registry.example, which is not in its allowlist",
      "second asked for \\033[31m.example, which is not in its allowlist",
      "other asked for example.org, which is not in its allowlist",
    ];
    const print = lines.map((line) => `printf '%s\\n' 'microvm-emit: ${line}'`).join("; ");
    await host.run(`systemd-run --wait --quiet --unit=microvm-resolver sh -c "${print}"; journalctl --sync`);
    const refused = (vm: string): readonly unknown[] =>
      (
        json(host.emit("alice", ["net", vm, "--json"]))["hosts"] as readonly { readonly refused: readonly unknown[] }[]
      ).flatMap((one) => one.refused);
    expect(refused("first")).toMatchObject([
      { vm: "first", target: "registry.example", protocol: "dns", lines: 1, setting: 'allow: ["registry.example"]' },
    ]);
    expect(refused("second")).toMatchObject([{ vm: "second", target: "\\033[31m.example" }]);
    expect(host.emit("alice", ["net"]).stdout).toMatch(/first +registry\.example .* allow: \["registry\.example"\]/);
  });

  it("exec runs a command in the workspace with its words, exit code and input", () => {
    const words = ["a b", "'", '"', "\\", "$HOME", "*", "", "ä\n"];
    const script = `pwd; printf '<%s>' "$@"; cat; echo oops >&2; exit 7`;
    const end = host.emit("alice", ["exec", "first", "--", "sh", "-c", script, "sh", ...words], "from here");
    expect(end.stdout).toBe(`/home/alice/work\n${words.map((word) => `<${word}>`).join("")}from here`);
    expect(end.stderr).toBe("oops\n");
    expect(end.exitCode).toBe(7);
  });

  it("the same from another machine, whose keys the host does not see", () => {
    const script = `printf '<%s>' "$@"; echo "$SSH_AUTH_SOCK"`;
    const words = ["a b", "'", "\\", "$HOME"];
    const args = ["exec", "first", "--host-ssh", `root@${HOST}`, "--", "sh", "-c", script, "sh", ...words];
    const end = host.emitBeside(host.folder, args);
    expect(end).toEqual({ exitCode: 0, stdout: `${words.map((word) => `<${word}>`).join("")}\n`, stderr: "" });
  });

  it("exec gives its output as JSON", () => {
    const end = host.emit("alice", ["exec", "first", "--json", "--", "sh", "-c", "echo out; echo err >&2; exit 3"]);
    expect([end.exitCode, json(end)]).toMatchObject([3, { exitCode: 3, stdout: "out\n", stderr: "err\n" }]);
  });

  it("exec makes escape sequences visible on a terminal, and passes bytes otherwise", () => {
    const words = ["exec", "first", "--", "printf", String.raw`\033[31mred\007`];
    expect(host.emit("alice", words).stdout).toBe("\u001b[31mred\u0007");
    const typed = [...host.entering("alice"), ...["script", "--quiet", "--return", "--command"]];
    const line = `${EMIT} ${words.map((word) => `'${word}'`).join(" ")}`;
    const [program, ...args] = [...typed, line, "/dev/null"];
    expect(execFileSync(program, args, { encoding: "utf8" })).toBe("\\u001b[31mred\\u0007");
  });

  it("ssh to a stopped VM names the state and the remedy", () => {
    const end = host.emit("alice", ["exec", "second", "--json", "--", "true"]);
    expect([end.exitCode, json(end)]).toMatchObject([
      1,
      { problems: [{ code: "vm-stopped", remedy: "Run `microvm-emit up second`." }] },
    ]);
    expect(stateOf("second")).toBe("stopped");
  });

  /** Runs a command of a user in a folder and a pseudo-terminal, and types an input. */
  const typed = (args: readonly string[], input: string, folder = "/home/alice"): CommandEnd => {
    const [program, ...entering] = host.entering("alice");
    const line = `cd ${folder} && ${[EMIT, ...args].join(" ")}`;
    const script = ["script", "--quiet", "--return", "--command", line, "/dev/null"];
    const { status, stdout, stderr } = spawnSync(program, [...entering, ...script], { encoding: "utf8", input });
    return { exitCode: status, stdout: stripVTControlCharacters(stdout), stderr };
  };

  it("up starts a VM and waits for its SSH server, down stops it", () => {
    const started = json(host.emit("alice", ["up", "second", "--json"]));
    expect(started).toMatchObject({ ok: true, vm: "second", address: "10.8.0.2", isFlakeCurrent: null });
    expect(host.emit("alice", ["exec", "second", "--", "echo", "here"]).stdout).toBe("here\n");
    expect(json(host.emit("alice", ["down", "second", "--json"]))).toMatchObject({ ok: true, vm: "second" });
    expect(stateOf("second")).toBe("stopped");
  });

  it("a VM with another build than the deployed one is stale until its restart", async () => {
    const runner = await host.run("cat /var/lib/microvms/first/current/bin/microvm-run");
    await host.run(`new-runner first newer <<'END'\n${runner}\nEND`);
    expect(stateOf("first")).toBe("stale");
    expect(host.emit("alice", ["status"]).stdout).toContain("first runs an older build: microvm-emit restart first");
    expect(host.emit("alice", ["restart", "first"]).exitCode).toBe(0);
    expect(vmsOf(host.emit("alice", ["status", "first", "--json"]))).toMatchObject([
      { state: "running", booted: "/nix/store/newer-microvm-first" },
    ]);
  });

  describe("with a broken build", () => {
    let working: string;
    beforeAll(async () => {
      working = await host.run("cat /var/lib/microvms/second/current/bin/microvm-run");
      await host.run(`new-runner second broken <<'END'
#!/bin/sh
printf 'no disk \\033[31mhere\\n'
exit 3
END`);
    });
    afterAll(async () => {
      await host.run(`systemctl stop microvm@second; new-runner second first <<'END'\n${working}\nEND`);
    });

    it("up fails with the unit and its last lines, with escape sequences made visible", () => {
      const { exitCode, stderr } = host.emit("alice", ["up", "second"]);
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining("microvm@second.service failed (exit-code)")]);
      expect(stderr).toContain("no disk \\u001b[31mhere");
      expect(stateOf("second")).toBe("failed");
    });

    it("logs shows the journal without escape sequences", () => {
      const { stdout } = host.emit("alice", ["logs", "second", "-n", "50"]);
      expect(stdout).toContain("no disk");
      expect(stdout).not.toContain("\u001b");
      expect(json(host.emit("alice", ["logs", "second", "-n", "1", "--json"]))["lines"]).toHaveLength(1);
    });

    it("up fails with a unit that the VM needs", async () => {
      await host.run(
        "cp -L /bin/false /nix/store/broken-microvm-second/bin/virtiofsd-run; systemctl stop microvm@second",
      );
      const end = json(host.emit("alice", ["up", "second", "--json"]));
      expect(end).toMatchObject({
        problems: [{ code: "vm-not-started", message: expect.stringContaining("microvm-virtiofsd@second") as unknown }],
      });
    });
  });

  it("cp copies files and folders into a VM and out of it, here and from another machine", async () => {
    await host.run("mkdir -p '/home/alice/in put'; echo text >'/home/alice/in put/file'; chown -R alice: /home/alice");
    expect(host.emit("alice", ["cp", "in put", "first:copied here"]).exitCode).toBe(0);
    expect(host.emit("alice", ["cp", "first:copied here/file", "./out:put"]).exitCode).toBe(0);
    expect(await host.run("cat /home/alice/out:put")).toBe("text");
    const end = host.emitBeside(host.folder, ["cp", "--host-ssh", `root@${HOST}`, "first:out:put", "."]);
    expect(end.exitCode).toBe(0);
    expect(readFileSync(join(host.folder, "out:put"), "utf8")).toBe("text\n");
    expect(host.emit("alice", ["cp", "a", "b", "--json"]).stdout).toContain('"usage"');
    expect(host.emit("alice", ["cp", "first:a", "second:b", "--json"]).stdout).toContain('"usage"');
  });

  it("agent starts the agent in the workspace, and attaches to the same one again", async () => {
    const attachOnce = async (): Promise<string> => {
      const [program, ...args] = host.entering("alice");
      const script = ["script", "--quiet", "--command", `${EMIT} agent first`, "/dev/null"];
      const child = spawn(program, [...args, ...script], { stdio: ["pipe", "pipe", "inherit"] });
      let text = "";
      child.stdout.on("data", (data) => (text += String(data)));
      await poll("the agent", 60, () => (text.includes("agent in /home/alice/work") ? true : undefined));
      // Detaches, as a person would.
      child.stdin.write("\u0002d");
      await poll("the end", 30, () => child.exitCode ?? undefined);
      return host.run("runuser -u alice -- tmux list-panes -a -F '#{session_name} #{pane_pid}'");
    };
    const first = await attachOnce();
    expect(first).toMatch(/^agent \d+$/);
    expect(await attachOnce()).toBe(first);
    expect(host.emit("alice", ["agent", "second", "--json"]).stdout).toContain('"vm-without-agent"');
  });

  describe("snapshot and restore", () => {
    const folder = "/var/lib/microvms/second";
    const write = (image: string, text: string): Promise<string> =>
      host.run(`echo ${text} | runuser -u microvm -- tee ${folder}/${image}`);
    const texts = (): Promise<string> => host.run(`cd ${folder}; cat var.img var.img.system workspace.img`);

    it("copy the disks of a VM that runs, and put back all but the workspace", async () => {
      await write("var.img", "old");
      await write("var.img.system", "build-1");
      await write("workspace.img", "work");
      await host.run("systemctl start microvm@second");
      const refused = typed(["snapshot", "second", "first"], "n\n");
      expect(refused.stdout).toContain("Stop second for the snapshot");
      expect(stateOf("second")).toBe("running");
      expect(json(host.emit("alice", ["snapshot", "second", "first", "--yes", "--json"]))).toMatchObject({
        label: "first",
        images: [`${folder}/var.img`, `${folder}/workspace.img`],
      });
      expect(stateOf("second")).toBe("running");
      await write("var.img", "new");
      await write("var.img.system", "build-2");
      await write("workspace.img", "more");
      expect(json(host.emit("alice", ["restore", "second", "first", "--yes", "--json"]))).toMatchObject({
        restored: [`${folder}/var.img`],
        kept: [`${folder}/workspace.img`],
      });
      expect(await texts()).toBe("old\nbuild-1\nmore");
      expect(stateOf("second")).toBe("running");
      expect(host.emit("alice", ["restore", "second", "first", "--with-workspace", "--yes"]).exitCode).toBe(0);
      expect(await texts()).toBe("old\nbuild-1\nwork");
      expect(await host.run(`stat -c '%U %G' ${folder}/var.img`)).toBe("microvm kvm");
      // systemd refuses a start after five within ten seconds.
      const units = ["microvm", "microvm-virtiofsd", "microvm-set-booted"].map((unit) => `${unit}@second`).join(" ");
      await host.run(`systemctl reset-failed ${units}; systemctl stop microvm@second`);
    });

    it("keep a snapshot until it is deleted", () => {
      const labels = (): unknown => json(host.emit("alice", ["snapshot", "second", "--list", "--json"]))["snapshots"];
      expect(labels()).toMatchObject([{ label: "first" }]);
      const again = json(host.emit("alice", ["snapshot", "second", "first", "--json"]));
      expect(again).toMatchObject({ problems: [{ code: "snapshot-exists" }] });
      expect(host.emit("alice", ["snapshot", "second", "second"]).exitCode).toBe(0);
      expect(labels()).toMatchObject([{ label: "first" }, { label: "second" }]);
      const unknown = json(host.emit("alice", ["restore", "second", "third", "--yes", "--json"]));
      expect(unknown).toMatchObject({ problems: [{ code: "snapshot-unknown" }] });
      expect(JSON.stringify(unknown)).toContain("first, second");
      for (const label of ["first", "second"])
        expect(host.emit("alice", ["snapshot", "second", label, "--delete", "--yes"]).exitCode).toBe(0);
      expect(labels()).toEqual([]);
      expect(json(host.emit("alice", ["snapshot", "second", "../first", "--json"]))).toMatchObject({
        problems: [{ code: "usage" }],
      });
    });

    it("show the failures of a restore and of the start after it", async () => {
      await host.run("systemctl reset-failed; systemctl start microvm@second");
      expect(host.emit("alice", ["snapshot", "second", "kept", "--yes"]).exitCode).toBe(0);
      const working = await host.run(`cat ${folder}/current/bin/microvm-run`);
      await host.run(`
        systemctl reset-failed
        new-runner second broken <<'END'\n#!/bin/sh\nexit 3\nEND
        mount --bind ${folder} ${folder}; mount -o remount,ro,bind ${folder}`);
      const { problems } = json(host.emit("alice", ["restore", "second", "kept", "--yes", "--json"]));
      expect(problems).toMatchObject([{ code: "command-failed" }, { code: "vm-not-started" }]);
      await host.run(`
        umount ${folder}
        systemctl stop microvm@second; systemctl reset-failed
        new-runner second first <<'END'\n${working}\nEND`);
      expect(host.emit("alice", ["snapshot", "second", "kept", "--delete", "--yes"]).exitCode).toBe(0);
    });

    it("do not trust a folder that the hypervisor made, and do not follow its symlinks", async () => {
      await host.run(`rm -rf ${folder}/.snapshots; echo secret >/root/secret; chmod 0600 /root/secret`);
      await host.run(`runuser -u microvm -- ln -s /root ${folder}/.snapshots`);
      const untrusted = json(host.emit("alice", ["snapshot", "second", "escape", "--json"]));
      expect(untrusted).toMatchObject({ problems: [{ code: "snapshots-untrusted" }] });
      await host.run(`rm ${folder}/.snapshots ${folder}/var.img`);
      await host.run(`runuser -u microvm -- ln -s /root/secret ${folder}/var.img`);
      const { images } = json(host.emit("alice", ["snapshot", "second", "escape", "--json"]));
      expect(images).toEqual([`${folder}/workspace.img`]);
      await host.run(`runuser -u microvm -- ln -s /root/secret ${folder}/workspace.img.restored`);
      expect(host.emit("alice", ["restore", "second", "escape", "--with-workspace", "--yes"]).exitCode).toBe(0);
      expect(await host.run("cat /root/secret")).toBe("secret");
      await host.run(`rm -rf ${folder}/.snapshots ${folder}/var.img*`);
      await write("var.img", "old");
    });
  });

  it("reset asks, then deletes the disk and nothing else", async () => {
    await host.run("systemctl start microvm@second");
    const disk = "/var/lib/microvms/second/var.img";
    const kept = "ls /home/alice/work /var/lib/microvm-host-keys/second /var/lib/microvms/second";
    await host.run("touch /home/alice/work/file; runuser -u microvm -- touch /var/lib/microvms/second/workspace.img");
    const before = await host.run(kept);
    const refused = typed(["reset", "second"], "n\n");
    expect(refused.stdout).toContain(`Stop second on`);
    expect([refused.exitCode, await host.run(kept)]).toEqual([1, before]);
    expect(json(host.emit("alice", ["reset", "second", "--json"]))).toMatchObject({
      problems: [{ code: "not-confirmed" }],
    });
    const done = typed(["reset", "second"], "y\n");
    expect([done.exitCode, done.stdout]).toEqual([0, expect.stringContaining(`deleted  ${disk}`)]);
    expect(done.stdout).toMatch(/kept +\/var\/lib\/microvms\/second\/workspace\.img, the workspace/);
    expect(await host.run(kept)).toBe(before.replace("\nvar.img", "").replace("\nbooted", ""));
    expect(stateOf("second")).toBe("stopped");
  });

  it("reset deletes a repository only when asked, and shows the lost work", async () => {
    const refused = typed(["reset", "second", "--with-workspace"], "n\n");
    expect(refused.stdout.replaceAll(/\s+/g, " ")).toContain("The work that you did not fetch");
    expect(json(host.emit("alice", ["reset", "second", "--with-workspace", "--yes", "--json"]))).toMatchObject({
      deleted: expect.arrayContaining(["/var/lib/microvms/second/workspace.img"]) as unknown,
    });
    expect(await host.run("ls /var/lib/microvms/second")).not.toContain("workspace.img");
  });

  it("doctor has a row for each check, with a command and a remedy", async () => {
    const { exitCode, stdout, stderr } = host.emit("root", ["doctor", "--json"]);
    const hosts = json({ exitCode, stdout, stderr })["hosts"] as readonly {
      readonly checks: readonly Readonly<Record<"name" | "command" | "verdict" | "remedy", string>>[];
    }[];
    const checks = hosts.flatMap((one) => one.checks);
    const verdicts = Object.fromEntries(checks.map(({ name, verdict }) => [name, verdict]));
    expect(verdicts).toMatchObject({
      KVM: "failed",
      bridges: "ok",
      policy: "skipped",
      resolver: "skipped",
      "disk space": "ok",
      owners: "ok",
      "GC roots": "warning",
    });
    expect(exitCode).toBe(1);
    for (const { command, verdict, remedy } of checks) {
      expect(command).toMatch(/\w/);
      expect(remedy !== "").toBe(verdict === "failed" || verdict === "warning");
    }
    await host.run("chown alice /var/lib/microvms/second");
    expect(host.emit("root", ["doctor"]).stdout).toMatch(/owners +failed +second of alice/);
    await host.run("chown root /var/lib/microvms/second");
  });

  describe("with a config", () => {
    const folder = "/home/alice/vms";
    const config = {
      hosts: {
        vm: {
          stateVersion: "25.11",
          modules: ["./configuration.nix"],
          user: { name: "alice", uid: 1000, gid: 1000, sshKeys: ["ssh-ed25519 AAAA alice"] },
          bridges: { vms: { address: "10.8.0.254/24" } },
          vms: { third: { index: 0 } },
        },
      },
    };
    const putConfig = (memoryMiB: number): Promise<string> => {
      const { vm } = config.hosts;
      const hosts = { vm: { ...vm, vms: { third: { ...vm.vms.third, memoryMiB } } } };
      return host.put(`${folder}/microvm.config.json`, JSON.stringify({ hosts }));
    };
    const inFolder = (args: readonly string[], input: string): CommandEnd => typed(args, input, folder);
    /** The commands that ran, and who ran them. */
    const calls = async (): Promise<readonly string[]> => {
      const text = await host.run("cat /run/calls; : >/run/calls");
      return text === "" ? [] : text.split("\n");
    };

    beforeAll(async () => {
      const deployed = {
        ...facts,
        host: "vm",
        vms: { ...facts.vms, third: { ...facts.vms["second"], addresses: ["10.8.0.2"] } },
      };
      await host.run(": >/run/calls; chmod 666 /run/calls; mkdir -p /nix/var/nix/profiles");
      await host.put(
        "/usr/local/bin/nix",
        '#!/bin/sh\necho "$(id -un): nix $*" >>/run/calls; touch flake/flake.lock\n',
        "0755",
      );
      await host.put("/run/deployed.json", JSON.stringify(deployed));
      await host.put(
        "/usr/local/bin/nixos-rebuild",
        `#!/bin/sh
set -eu
echo "$(id -un): nixos-rebuild $*" >>/run/calls
[ -e /var/lib/microvms/third ] || make-vm third 10.8.0.3
sed 's/"10.8.0.2"\\(.*\\)"10.8.0.2"/"10.8.0.2"\\1"10.8.0.3"/' /run/deployed.json >/etc/microvm/vms.json
ln -sfn system-1 /nix/var/nix/profiles/system
`,
        "0755",
      );
      await host.run(`mkdir ${folder}; echo '{ }' >${folder}/configuration.nix`);
      await putConfig(1024);
      await host.run(`chown -R alice:alice ${folder}; runuser -u alice -- git -C ${folder} init -q`);
    });

    const deployment = ["root: nixos-rebuild switch --flake ./flake#vm"];

    it("up emits the flake, deploys the host after a question, and starts the VM", async () => {
      const refused = inFolder(["up", "third"], "n\n");
      expect([refused.exitCode, refused.stdout]).toEqual([1, expect.stringContaining("sudo nixos-rebuild switch")]);
      expect(await calls()).toEqual([]);
      const { exitCode, stdout } = inFolder(["up", "third"], "y\n");
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining("running  third at 10.8.0.3")]);
      expect(await calls()).toEqual(["alice: nix flake lock ./flake", ...deployment]);
      expect(await host.run(`runuser -u alice -- git -C ${folder} status --short`)).toContain("A  flake/flake.nix");
    });

    it("up asks only when the config or a file that it names changed since the last deployment", async () => {
      const status = (): CommandEnd => host.emit("alice", ["status", "-c", `${folder}/microvm.config.json`]);
      expect(status().stdout).not.toContain("changed after the last switch");
      expect(inFolder(["up", "third"], "").exitCode).toBe(0);
      expect(await calls()).toEqual([]);
      await host.run(`touch ${folder}/configuration.nix`);
      expect(status().stdout).toContain("changed after the last switch: microvm-emit diff --deployed");
      expect(inFolder(["up", "third"], "y\n").exitCode).toBe(0);
      expect(await calls()).toEqual(deployment);
      await putConfig(2048);
      expect(inFolder(["up", "third", "--yes"], "").exitCode).toBe(0);
      expect(await calls()).toEqual(deployment);
      expect(await host.run(`grep -rc 2048 ${folder}/flake/hosts/vm/vms/third.nix`)).toBe("1");
    });

    it("up starts the deployed VM if the user refuses, cannot answer, or wants no switch", async () => {
      await putConfig(4096);
      for (const [args, input] of [
        [["up", "third"], "n\n"],
        [["up", "third", "--no-switch"], ""],
      ] as const) {
        await host.run("systemctl stop microvm@third");
        expect(inFolder(args, input).exitCode).toBe(0);
        expect(stateOf("third")).toBe("running");
      }
      await putConfig(3072);
      const end = host.emit("alice", ["up", "third", "-c", `${folder}/microvm.config.json`, "--json"]);
      expect(json(end)).toMatchObject({ ok: true, vm: "third", isFlakeCurrent: false, isStale: false });
      expect(await calls()).toEqual([]);
    });

    it("up tells that a VM runs an older build", async () => {
      const runner = await host.run("cat /var/lib/microvms/third/current/bin/microvm-run");
      await host.run(`new-runner third newer <<'END'\n${runner}\nEND`);
      const end = host.emit("alice", ["up", "third", "-c", `${folder}/microvm.config.json`]);
      expect(end.stdout).toContain("It runs an older build: microvm-emit restart third");
    });

    it("up --switch needs an answer or --yes, and a failed deployment stops it", async () => {
      const asked = host.emit("alice", ["up", "third", "-c", `${folder}/microvm.config.json`, "--switch", "--json"]);
      expect(json(asked)).toMatchObject({ problems: [{ code: "not-confirmed" }] });
      await host.put("/usr/local/bin/nixos-rebuild", "#!/bin/sh\nexit 4\n", "0755");
      const failed = inFolder(["up", "third", "--switch"], "y\n");
      expect([failed.exitCode, failed.stdout]).toEqual([1, expect.stringContaining("nixos-rebuild switch")]);
    });
  });
});
