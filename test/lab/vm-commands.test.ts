/** Commands on VMs against a real systemd, journal, sshd and tmux. Each VM is a sshd that systemd runs as `microvm@NAME`. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../nix/harness.js";
import { type CommandEnd, bootSystemdHost, EMIT, HOST, type SystemdHost, whatSystemdMisses } from "./systemd-host.js";

const missing = whatSystemdMisses();
if (missing !== undefined) console.error(`NOT TESTED: commands on VMs, because ${missing}.`);

const ADDRESS = { first: "10.8.0.1", second: "10.8.0.2" } as const;

/** The file that the emitted modules write. */
const facts = {
  host: "lab",
  stateDir: "/var/lib/microvms",
  bridges: ["vms"],
  vms: Object.fromEntries(
    Object.entries(ADDRESS).map(([name, address]) => [
      name,
      {
        addresses: [address],
        user: "alice",
        workspace: "/home/alice/work",
        agent: name === "first" ? "WHO=agent sh -c 'echo $WHO in $PWD; exec cat'" : null,
        guest: null,
        sshHostKeys: `/var/lib/microvm-host-keys/${name}`,
        images: ["var.img"],
        taps: [],
      },
    ]),
  ),
};

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
    const key = join(temporaryFolder(), "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    host = await bootSystemdHost();
    const [secret, known] = [readFileSync(key, "utf8"), readFileSync(`${key}.pub`, "utf8")];
    await host.run(`
      mkdir -p /etc/microvm /home/alice/.ssh /root/.ssh /home/alice/work
      cat >/etc/microvm/vms.json <<'END'\n${JSON.stringify(facts)}\nEND
      cat >/home/alice/.ssh/id_ed25519 <<'END'\n${secret}\nEND
      cat >/home/alice/.ssh/authorized_keys <<'END'\n${known}\nEND
      cp /home/alice/.ssh/authorized_keys /root/.ssh
      chmod 0600 /home/alice/.ssh/*
      chown -R alice:alice /home/alice
      ssh-keygen -A
      systemctl reset-failed ssh
      systemctl start ssh`);
    for (const [name, address] of Object.entries(ADDRESS)) await host.run(`make-vm ${name} ${address}`);
    const shown = await host.run("cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub");
    await host.outside.script(`
      mkdir -p ${host.folder}/ssh
      cp ${key} ${host.folder}/ssh/id_ed25519
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
});
