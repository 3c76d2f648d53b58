/** `microvm-emit adopt` on flakes of other people's style, with real Nix. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { nixes } from "../../../../test/nix/harness.js";
import { ARTICLE_INPUTS, overridesIn, rig } from "../../../../test/nix/rig.js";
import { layOut, temporaryDirectory } from "../tree.js";
import { type Ended, microvmEmit, parsed } from "./cli.js";
import { nixEnvironment, overridesOf } from "./offline-nix.js";

const flakeNix = `{
  inputs.nixpkgs.url = "github:nixos/nixpkgs/nixos-26.05";
  inputs.microvm.url = "github:microvm-nix/microvm.nix";
  inputs.microvm.inputs.nixpkgs.follows = "nixpkgs";

  outputs =
    { nixpkgs, microvm, ... }:
    {
      nixosConfigurations.server = nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        modules = [
          microvm.nixosModules.host
          ./configuration.nix
          ./vms.nix
        ];
      };
    };
}
`;

const configurationNix = `{
  networking.hostName = "server";
  system.stateVersion = "25.11";
  boot.loader.systemd-boot.enable = true;
  fileSystems."/" = {
    device = "/dev/disk/by-label/nixos";
    fsType = "ext4";
  };
  users.users.alice = {
    isNormalUser = true;
    uid = 1000;
  };
  systemd.network = {
    enable = true;
    netdevs."10-br0".netdevConfig = {
      Kind = "bridge";
      Name = "br0";
    };
    networks."10-br0" = {
      matchConfig.Name = "br0";
      addresses = [ { Address = "10.0.0.1/24"; } ];
    };
    networks."11-vm" = {
      matchConfig.Name = "vm-*";
      networkConfig.Bridge = "br0";
    };
  };
}
`;

const vmsNix = `{
  # The web server.
  microvm.vms.web = {
    autostart = true;
    config = {
      imports = [ ./base.nix ];
      microvm = {
        vcpu = 2;
        mem = 1024;
        interfaces = [
          {
            type = "tap";
            id = "vm-web";
            mac = "02:00:00:00:00:01";
          }
        ];
      };
      systemd.network.networks."20-lan" = {
        matchConfig.MACAddress = "02:00:00:00:00:01";
        addresses = [ { Address = "10.0.0.2/24"; } ];
        routes = [ { Gateway = "10.0.0.1"; } ];
      };
      services.openssh.enable = true;
    };
  };

  microvm.vms.db.config = {
    imports = [ ./base.nix ];
    microvm = {
      hypervisor = "cloud-hypervisor";
      vcpu = 2;
      mem = 1024;
      vsock.cid = 7;
      interfaces = [
        {
          type = "tap";
          id = "vm-db";
          mac = "02:00:00:00:00:02";
        }
      ];
      volumes = [
        {
          image = "var.img";
          mountPoint = "/var";
          size = 4096;
        }
      ];
    };
    systemd.network.networks."20-lan" = {
      matchConfig.MACAddress = "02:00:00:00:00:02";
      addresses = [ { Address = "10.0.0.3/24"; } ];
      routes = [ { Gateway = "10.0.0.1"; } ];
    };
  };
}
`;

const baseNix = `{
  microvm.shares = [
    {
      proto = "virtiofs";
      tag = "ro-store";
      source = "/nix/store";
      mountPoint = "/nix/.ro-store";
    }
    {
      proto = "virtiofs";
      tag = "data";
      source = "/srv/data";
      mountPoint = "/data";
    }
  ];
  system.stateVersion = "25.11";
}
`;

const folder = (files: Readonly<Record<string, string>> = {}): string => {
  const dir = temporaryDirectory();
  layOut(dir, {
    "flake.nix": flakeNix,
    "configuration.nix": configurationNix,
    "vms.nix": vmsNix,
    "base.nix": baseNix,
    ...files,
  });
  return dir;
};

describe.each(nixes())("microvm-emit adopt with $version", (nix) => {
  const adopt = (dir: string, ...args: readonly string[]): Ended =>
    microvmEmit(dir, ["adopt", ".#server", ...args, ...overridesOf("nixpkgs", "microvm")], nixEnvironment(nix));

  it(
    "writes a config with explicit identities, equal settings as defaults, and a comparison",
    { timeout: 180_000 },
    () => {
      const dir = folder();
      const ended = adopt(dir, "--json");
      expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
      const { comparison, edited, byHand, isEdited, vms } = parsed(ended);
      expect({ byHand, isEdited, vms }).toEqual({ byHand: [], isEdited: false, vms: ["db", "web"] });
      expect((edited as readonly { file: string }[]).map(({ file }) => file)).toEqual([
        "vms.nix",
        "base.nix",
        "flake.nix",
      ]);
      const { of, compared, differences } = comparison as Comparison;
      expect(of).toBe("flake");
      expect(compared).toBeGreaterThan(100);
      // The store share is read-only and cached, and SSH and the user of the host are in each guest of a config.
      const known =
        /^(microvm\.shares\[\/nix\/store\]\.(cache|readOnly)|networking\.firewall\.allowedTCPPorts|users\.users\.alice)$/;
      expect(differences.filter(({ option }) => !known.test(option))).toEqual([]);
      const config = readFileSync(join(dir, "microvm.config.ts"), "utf8");
      expect(config).toContain('bridges: { br0: { existing: true, address: "10.0.0.1/24" } },');
      expect(config).toContain(
        '        shares: [{ tag: "data", source: "/srv/data", mountPoint: "/data", owners: "guest" }],',
      );
      expect(config).toContain(
        'interfaces: [{ bridge: "br0", mac: "02:00:00:00:00:02", tap: "vm-db", address: "10.0.0.3" }],',
      );
      expect(config).toContain("vsock: { cid: 7 },");
      expect(config.match(/vcpu: 2/g)).toHaveLength(1);
      // Nothing but the config was written.
      expect(readFileSync(join(dir, "vms.nix"), "utf8")).toBe(vmsNix);
      expect(existsSync(join(dir, "microvms"))).toBe(false);
    },
  );

  it(
    "with --edit removes the VMs from the flake, and the host then has the VMs of the config",
    { timeout: 180_000 },
    () => {
      const dir = folder();
      expect(adopt(dir, "--edit")).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining("not-confirmed") as string,
      });
      expect(existsSync(join(dir, "microvm.config.ts"))).toBe(false);
      const ended = adopt(dir, "--edit", "--yes", "--json");
      expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
      const text = readFileSync(join(dir, "vms.nix"), "utf8");
      expect(text).toContain("services.openssh.enable = true;");
      expect(text).not.toContain("microvm = {");
      expect(text).not.toContain("20-lan");
      expect(readFileSync(join(dir, "base.nix"), "utf8")).not.toContain("shares");
      expect(readFileSync(join(dir, "flake.nix"), "utf8")).toContain("./microvms/hosts/server");
      expect(readFileSync(join(dir, "microvms/hosts/server/vms/db.nix"), "utf8")).toContain('id = "vm-db";');
      const checked = microvmEmit(dir, ["check", ...overridesOf("nixpkgs", "microvm")], nixEnvironment(nix));
      expect(checked).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("ok") as string });
    },
  );

  it("lists attributes to remove if code computes VMs, and compares only the new VMs", { timeout: 180_000 }, () => {
    const computed = `{ lib, ... }:
{
  microvm.vms = lib.genAttrs [ "web" ] (name: {
    config = {
      imports = [ ./base.nix ];
      microvm = {
        vcpu = 3;
        interfaces = [
          {
            type = "tap";
            id = "vm-\${name}";
            mac = "02:00:00:00:00:01";
          }
        ];
      };
      systemd.network.networks."20-lan" = {
        matchConfig.MACAddress = "02:00:00:00:00:01";
        addresses = [ { Address = "10.0.0.2/24"; } ];
      };
    };
  });
}
`;
    const dir = folder({ "vms.nix": computed });
    const { comparison, byHand, exitCode } = parsed(adopt(dir, "-o", "vms.yaml", "--json"));
    expect(exitCode).toBe(0);
    expect((comparison as Comparison).of).toBe("vms");
    expect((comparison as Comparison).differences.filter(({ option }) => option === "microvm.vcpu")).toEqual([]);
    expect(byHand).toContainEqual(
      expect.objectContaining({ path: "vms.nix", line: 3, attribute: "microvm.vms.web.config.microvm.vcpu" }),
    );
    const yaml = readFileSync(join(dir, "vms.yaml"), "utf8");
    expect(yaml).toContain("vcpu: 3\n");
    expect(yaml).toContain("tap: vm-web\n");
  });

  it("writes text of the host as data", { timeout: 180_000 }, () => {
    const source = "/srv/`x`; */ \\u2028 ${1}";
    const nixText = JSON.stringify(source).replaceAll("${", "\\${");
    const dir = folder({ "base.nix": baseNix.replace('"/srv/data"', nixText) });
    const { problems } = parsed(adopt(dir, "--json"));
    // The config is loaded: its problems are those of the model.
    const config = readFileSync(join(dir, "microvm.config.ts"), "utf8");
    expect(config).toContain(`source: ${JSON.stringify(source)}`);
    expect(problems.map(({ code }) => code)).not.toContain("config-syntax");
  });

  it("reports Nix's message for a host that does not evaluate", { timeout: 60_000 }, () => {
    const dir = folder({
      "vms.nix": '{ microvm.vms.web.config.microvm.vcpu = throw "no vcpu"; networking.hostName = 7; }',
    });
    const { problems, exitCode } = parsed(adopt(dir, "--json"));
    expect([exitCode, problems]).toMatchObject([1, [{ code: "host-not-read" }]]);
    expect(existsSync(join(dir, "microvm.config.ts"))).toBe(false);
  });
});

if (rig === undefined) console.error("NOT TESTED: adoption on the modules of NixOS. Set MICROVM_EMIT_RIG.");

describe.skipIf(rig === undefined).each(nixes().slice(-1))(
  "microvm-emit adopt with $version, on NixOS's own modules",
  (nix) => {
    it("takes over a host in the style of the article, whose VMs stay the same", { timeout: 600_000 }, () => {
      const dir = temporaryDirectory();
      cpSync(fileURLToPath(new URL("../../../../test/nix/fixtures/article-style", import.meta.url)), dir, {
        recursive: true,
      });
      // The flake reads a file of its parent folder, which Nix allows in a repository.
      const git = (...args: readonly string[]): unknown => execFileSync("git", ["-C", dir, ...args]);
      git("init", "--quiet");
      git("add", ".");
      const flake = join(dir, "flake");
      const ended = microvmEmit(
        flake,
        ["adopt", ".#midna", "--edit", "--yes", "--json", ...overridesIn(rig ?? "", ARTICLE_INPUTS)],
        nixEnvironment(nix),
      );
      expect(ended.exitCode, ended.stderr).toBe(0);
      const { comparison, isEdited, vms } = parsed(ended);
      expect({ isEdited, vms }).toEqual({ isEdited: true, vms: ["emacsvm", "goprotobufvm"] });
      const { of, compared, differences } = comparison as Comparison;
      expect(of).toBe("flake");
      expect(compared).toBeGreaterThan(100);
      // The store is read-only, so guests of a config cache it.
      expect(differences.map(({ vm, option }) => [vm, option])).toEqual(
        ["emacsvm", "goprotobufvm"].map((vm) => [vm, "microvm.shares[/nix/store].cache"]),
      );
      const config = readFileSync(join(flake, "microvm.config.ts"), "utf8");
      expect(config).toContain(
        'interfaces: [{ bridge: "microbr", mac: "02:00:00:00:00:05", tap: "microvm4", address: "192.168.83.6" }],',
      );
      expect(config).toContain('machineId: "a21876f9-08cd-cd92-0ccc-e89c91e9576b",');
      expect(readFileSync(join(flake, "modules/base.nix"), "utf8")).not.toMatch(/\bmicrovm = \{|cloud-hypervisor/);
    });
  },
);

interface Comparison {
  readonly of: string;
  readonly compared: number;
  readonly differences: readonly { readonly vm: string; readonly option: string }[];
}

describe("microvm-emit adopt", () => {
  it.each([
    ["server", "names no host of a flake"],
    [".#a b", "names no host of a flake"],
    ["./missing#server", "has no flake.nix"],
  ])("refuses %s", (word, message) => {
    const { exitCode, stderr } = microvmEmit(temporaryDirectory(), ["adopt", word]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  it("does not replace a config", () => {
    const dir = folder();
    writeFileSync(join(dir, "microvm.config.ts"), "export default 1;");
    expect(parsed(microvmEmit(dir, ["adopt", ".#server", "--json"])).problems).toMatchObject([
      { code: "config-exists" },
    ]);
    expect(readFileSync(join(dir, "microvm.config.ts"), "utf8")).toBe("export default 1;");
  });
});
