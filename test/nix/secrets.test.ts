/** Runs the evaluated scripts of host and guest that pass secrets from host files to the guest user. */
import { execFileSync } from "node:child_process";
import { ast, type Config } from "microvm-emit";
import { describe, expect, it } from "vitest";
import { emitted, hostModule } from "./emitted.js";
import { evalFlake, nixes } from "./harness.js";

const canMount = ((): boolean => {
  try {
    execFileSync("unshare", ["-m", "sh", "-c", "mount -t tmpfs tmpfs /run"], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
})();
if (!canMount) console.error("NOT TESTED: the scripts for secrets. They need root and a mount namespace.");

// Every Linux has this user, so the script of the guest can change owners here.
const config = (secrets: object, hypervisor: "qemu" | "cloud-hypervisor" = "cloud-hypervisor"): Config => ({
  hosts: {
    h: {
      stateVersion: "25.11",
      modules: ["./host.nix"],
      user: { name: "daemon", uid: 1, gid: 1, sshKeys: ["ssh-ed25519 AAAA"] },
      bridges: { br0: { address: "10.7.0.1/24" } },
      vms: {
        a: {
          hypervisor,
          secrets: secrets as NonNullable<NonNullable<Config["hosts"][string]["vms"]>[string]["secrets"]>,
        },
      },
    },
  },
});

const host = hostModule.replace(
  "users.users.alice.isNormalUser = true;",
  `users.users.daemon = { isSystemUser = true; uid = 1; group = "daemon"; home = "/home/daemon"; };
  users.groups.daemon = { };`,
);

const evaluate = async (written: Config, attribute: string): Promise<unknown> => {
  const [first] = nixes();
  if (first === undefined) throw new Error("no nix");
  return evalFlake(emitted(written, { "host.nix": host }), `nixosConfigurations.h.config.${attribute}`, {
    nix: first,
  });
};

const guest = "microvm.vms.a.config.config";
const hand = 'systemd.services."microvm-secrets@".script';

/** Runs a script with an empty `/run`. In it, `hand` runs the script of the host for the VM a. */
const inEmptyRun = (handIn: string, script: string): string => {
  // The folder for secrets of all VMs is the RuntimeDirectory of the unit.
  const whole = `mount -t tmpfs -o mode=755 tmpfs /run\nmkdir -m 711 /run/microvm-secrets\nhand() { bash -ec "$HAND" microvm-secrets a; }\n${script}`;
  return execFileSync("unshare", ["-m", "bash", "-euc", whole], {
    encoding: "utf8",
    env: { ...process.env, HAND: handIn },
    stdio: ["ignore", "pipe", "pipe"],
  });
};

describe("secrets", () => {
  it("are files that only the guest user can read, and variables in its shells", { skip: !canMount }, async () => {
    const written = config({ API_KEY: "/run/secrets/api", netrc: { file: "/run/secrets/netrc" } });
    const handIn = String(await evaluate(written, hand));
    const take = String(await evaluate(written, `${guest}.systemd.services.microvm-secrets.script`));
    const init = String(await evaluate(written, `${guest}.environment.extraInit`));
    const out = inEmptyRun(
      handIn,
      `mkdir -p /run/secrets /run/host-secrets
      echo old-key > /run/secrets/api; echo other > /run/secrets/netrc
      hand
      echo new-key > /run/secrets/api
      hand
      stat -c '%n %U %a' /run/microvm-secrets /run/microvm-secrets/a /run/microvm-secrets/a/*
      mount --bind /run/microvm-secrets/a /run/host-secrets
      mkdir /run/guest; mount --bind /run/guest /run/microvm-secrets
      ${take}
      stat -c '%n %U %a' /run/microvm-secrets /run/microvm-secrets/*
      ${init}
      echo "API_KEY=$API_KEY netrc=\${netrc-unset}"`,
    );
    expect(out.trim().split("\n")).toEqual([
      "/run/microvm-secrets root 711",
      "/run/microvm-secrets/a root 700",
      "/run/microvm-secrets/a/API_KEY root 400",
      "/run/microvm-secrets/a/netrc root 400",
      "/run/microvm-secrets daemon 500",
      "/run/microvm-secrets/API_KEY daemon 400",
      "/run/microvm-secrets/netrc daemon 400",
      "API_KEY=new-key netrc=unset",
    ]);
  });

  it("prevent the start when a file is missing, and old copies are deleted", { skip: !canMount }, async () => {
    const handIn = String(await evaluate(config({ API_KEY: "/run/secrets/api" }), hand));
    const out = inEmptyRun(
      handIn,
      `mkdir -p /run/secrets; echo key > /run/secrets/api
      hand
      rm /run/secrets/api
      hand 2>&1 || echo failed
      ls /run/microvm-secrets/a`,
    );
    expect(out).toMatch(/cannot stat '\/run\/secrets\/api'[^]*failed\n$/);
  });

  it("are systemd credentials with QEMU", async () => {
    const written = config({ API_KEY: "/run/secrets/api" }, "qemu");
    expect(await evaluate(written, `${guest}.microvm.credentialFiles`)).toEqual({
      API_KEY: "/run/microvm-secrets/a/API_KEY",
    });
    expect(await evaluate(written, `${guest}.systemd.services.microvm-secrets.serviceConfig.LoadCredential`)).toEqual([
      "API_KEY",
    ]);
    expect(await evaluate(written, hand)).toMatch(/-o microvm /);
  });

  it("can have a path from a host module, but not a path in the store", async () => {
    const failed = async (file: unknown): Promise<unknown> => {
      const assertions = (await evaluate(config({ KEY: file }), "assertions")) as readonly {
        readonly assertion: boolean;
        readonly message: string;
      }[];
      return assertions.filter(({ assertion }) => !assertion).map(({ message }) => message);
    };
    expect(await failed(ast.nix`"/run/agenix/\${config.networking.hostName}"`)).toEqual([]);
    expect(await failed(ast.nix`./host.ast.nix`)).toEqual([
      "The secret KEY of a is in the Nix store, which every user can read. Use a file outside of it.",
    ]);
    expect(await evaluate(config({ KEY: ast.nix`"/run/agenix/\${config.networking.hostName}"` }), hand)).toContain(
      "/run/agenix/h ",
    );
  });
});

describe("agentState", () => {
  const states = async (agentState: "shared" | "own" | "copy"): Promise<unknown> => {
    const written = config({});
    const host = { ...written.hosts["h"], vms: { a: { agent: "claude-code" as const, agentState } } };
    const whole = { hosts: { h: host } } as Config;
    const shares = (await evaluate(whole, `${guest}.microvm.shares`)) as readonly Readonly<Record<string, unknown>>[];
    const share = shares.find(({ tag }) => tag === "claude-credentials");
    return [share?.["source"], share?.["mountPoint"], share?.["readOnly"] ?? false];
  };

  it.each([
    ["shared", "/home/daemon/claude-microvm", "/home/daemon/claude-microvm", false],
    ["own", "/home/daemon/claude-microvm-vms/a", "/home/daemon/claude-microvm", false],
    ["copy", "/home/daemon/claude-microvm", "/run/agent-state", true],
  ] as const)("%s has the right share", async (agentState, ...expected) => {
    expect(await states(agentState)).toEqual(expected);
  });
});
