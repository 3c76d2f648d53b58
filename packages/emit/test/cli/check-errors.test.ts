import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { nixes } from "../../../../test/nix/harness.js";
import { layOut, temporaryDirectory } from "../tree.js";
import { configurationNix, type JsonProblem, microvmEmit, parsed } from "./cli.js";
import { nixEnvironment, overrides, overridesOf } from "./offline-nix.js";

/** A mistake in a VM or its module, and the expected report. */
interface Mistake {
  /** Settings of the VM. */
  readonly vm: string;
  /** True if another VM shares the guest. */
  readonly isShared?: boolean;
  /** The text of `guest.nix`. */
  readonly guest?: string;
  /** Nix's message. */
  readonly says: RegExp;
  /** The config path below the VM, and the file and text at the place. */
  readonly at: readonly [path: string, file: string, text: string];
  /** The same for the other definitions. */
  readonly related?: readonly (readonly [path: string, file: string, text: string])[];
  /** The emitted line. */
  readonly emitted?: string;
}

const config = "microvm.config.ts";
const vms = "hosts.alpha.vms.web";

const mistakes: Readonly<Record<string, Mistake>> = {
  "an unknown option": {
    vm: 'modules: ["./guest.nix"]',
    guest: "{\n  services.openssh = {\n    enabel = true;\n  };\n}\n",
    says: /^The option `microvm\.vms\.web\.config\.services\.openssh\.enabel' does not exist/,
    at: [".modules[0]", "guest.nix", "enabel = true;"],
  },
  "an unknown option in a shared guest": {
    vm: 'modules: ["./guest.nix"]',
    isShared: true,
    guest: "{\n  services.openssh = {\n    enabel = true;\n  };\n}\n",
    says: /^The option `guests\.web\.services\.openssh\.enabel' does not exist/,
    at: [".modules[0]", "guest.nix", "enabel = true;"],
  },
  "two conflicting modules in a shared guest": {
    vm: 'modules: ["./guest.nix", nix`{ networking.domain = "one"; }`]',
    isShared: true,
    guest: '{\n  networking.domain = "two";\n}\n',
    says: /`guests\.web\.networking\.domain' has conflicting definition values:/,
    at: [".modules[1]", config, 'networking.domain = "one"'],
    related: [[".modules[0]", "guest.nix", 'networking.domain = "two";']],
    emitted: '{ networking.domain = "one"; }',
  },
  "a value of the wrong type": {
    vm: "modules: [nix`{ lib, ... }: { networking.hostName = lib.mkForce 5; }`]",
    says: /is not of type .*\n- In `.*': 5$/,
    at: [".modules[0]", config, "networking.hostName = lib.mkForce 5"],
    emitted: "({ lib, ... }: { networking.hostName = lib.mkForce 5; })",
  },
  "two conflicting modules": {
    vm: 'modules: ["./guest.nix", nix`{ networking.nftables.enable = true; networking.domain = "one"; }`]',
    guest: '{\n  imports = [ ./domain.nix ];\n  networking = {\n    domain = "two";\n  };\n}\n',
    says: /networking\.domain' has conflicting definition values:\n(?:- In `.*': "(?:one|two)"\n){2}/,
    at: [".modules[1]", config, 'networking.domain = "one"'],
    related: [[".modules[0]", "guest.nix", 'domain = "two";']],
    emitted: 'networking.domain = "one";',
  },
  "a module that conflicts with the VM": {
    vm: 'modules: [nix`{ networking.hostName = "other"; }`]',
    says: /networking\.hostName' has conflicting definition values:/,
    at: [".modules[0]", config, 'networking.hostName = "other"'],
    related: [["", config, "web: {"]],
    emitted: '{ networking.hostName = "other"; }',
  },
  "an undefined variable": {
    vm: "modules: [nix`{ networking.domain = foo; }`]",
    says: /^undefined variable 'foo'$/,
    at: [".modules[0]", config, "foo; }"],
    emitted: "{ networking.domain = foo; }",
  },
  "an unknown package": {
    vm: 'packages: [\n"git",\n"nonesuch"]',
    says: /^attribute 'nonesuch' missing/,
    at: [".packages[1]", config, '"nonesuch"'],
    emitted: "pkgs.nonesuch",
  },
  "a module that does not parse": {
    vm: 'modules: ["./guest.nix"]',
    guest: "{\n  # ä\n  networking.domain = /* ü */ ;\n}\n",
    says: /^syntax error, unexpected ';'/,
    at: [".modules[0]", "guest.nix", ";"],
  },
  "an infinite recursion": {
    vm: "modules: [nix`{ config, ... }: { networking.domain = config.networking.domain; }`]",
    says: /^infinite recursion encountered/,
    at: [".modules[0]", config, "networking.domain = config"],
    emitted: "({ config, ... }: { networking.domain = config.networking.domain; })",
  },
  "an assertion that fails": {
    vm: 'modules: ["./guest.nix"]',
    guest: '{\n  assertions = [\n    { assertion = false; message = "the sky is green"; }\n  ];\n}\n',
    says: /Failed assertions:\n- the sky is green$/,
    at: [".modules[0]", "guest.nix", 'the sky is green"'],
  },
  "a value that throws": {
    vm: 'modules: [nix`{ networking.domain = throw "no domain today"; }`]',
    says: /^no domain today$/,
    at: [".modules[0]", config, '"no domain today"'],
    emitted: '{ networking.domain = throw "no domain today"; }',
  },
  "an unknown option of home-manager": {
    vm: "home: [nix`{ programs.zsh.enabel = true; }`]",
    says: /option `.*programs\.zsh\.enabel' does not exist/,
    at: [".home[0]", config, "programs.zsh.enabel"],
    emitted: "imports = [ { programs.zsh.enabel = true; } ];",
  },
  "a package whose licence is not allowed": {
    vm: 'packages: ["git",\n"crush"]',
    says: /has an unfree license \(‘unfree’\), refusing to evaluate/,
    at: [".packages[1]", config, '"crush"'],
    emitted: "pkgs.crush",
  },
};

const source = (vm: string, others = ""): string => `import { defineConfig } from "microvm-emit";
import { nix } from "@microvm-emit/nix-ast";

export default defineConfig({
  hosts: {
    alpha: {
      stateVersion: "25.11",
      modules: ["./configuration.nix"],
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"] },
      bridges: { br0: { address: "10.0.0.1/24" } },
      vms: {
        web: { ${vm} },${others}
      },
    },
  },
});
`;

/** The file and text at the place of a problem. */
const written = (dir: string, place: JsonProblem["place"]): readonly [string, string] => {
  if (place === undefined) return ["nowhere", ""];
  const line = readFileSync(place.file, "utf8").split("\n")[place.line - 1] ?? "";
  return [relative(dir, place.file), line.slice(place.column - 1)];
};

describe.each(nixes())("check with $version", (nix) => {
  const env = nixEnvironment(nix);

  it.each(Object.entries(mistakes))("traces an error to %s", (_, mistake) => {
    const dir = temporaryDirectory();
    layOut(dir, {
      [config]: source(mistake.vm, mistake.isShared === true ? `\n        web2: { ${mistake.vm} },` : ""),
      "configuration.nix": configurationNix,
      "guest.nix": mistake.guest ?? "{ }\n",
      "domain.nix": "{ }\n",
    });
    const args = ["check", config, "--json", ...overrides];
    const home = mistake.vm.includes("home:") ? overridesOf("home-manager") : [];
    const { problems, exitCode } = parsed(microvmEmit(dir, [...args, ...home], env));
    expect([exitCode, problems.length]).toEqual([1, 1]);
    const [problem] = problems;
    expect(problem?.details?.join("\n")).toMatch(mistake.says);

    const [path, file, text] = mistake.at;
    expect(problem?.subject).toBe(vms + path);
    expect(written(dir, problem?.place)).toEqual([file, expect.stringMatching(startOf(text))]);

    const related = problem?.related ?? [];
    const others = related.filter(({ subject }) => subject !== "emitted as");
    expect(others.map(({ subject, place }) => [subject, ...written(dir, place)])).toEqual(
      (mistake.related ?? []).map(([part, other, start]) => [
        vms + part,
        other,
        expect.stringMatching(startOf(start)) as unknown,
      ]),
    );
    const emitted = related.filter(({ subject }) => subject === "emitted as");
    expect(emitted[0]?.note).toBe(mistake.emitted);
    if (mistake.emitted !== undefined) {
      const folder = mistake.isShared === true ? "guests" : "vms";
      expect(emitted[0]?.place?.file).toBe(join(dir, "flake/hosts/alpha", folder, "web.nix"));
    }
  });

  it("shows the place of an error in the config", () => {
    const dir = temporaryDirectory();
    layOut(dir, { [config]: source("modules: [nix`{ a = b; }`]"), "configuration.nix": configurationNix });
    const { stderr } = microvmEmit(dir, ["check", config, ...overrides], env);
    expect(stderr).toContain(`error[evaluation-failed] hosts.alpha.vms.web.modules[0]
  --> microvm.config.ts:12:36
  12 |         web: { modules: [nix\`{ a = b; }\`] },
     |                                    ^
  Nix cannot evaluate the host alpha.
    undefined variable 'b'
  see: emitted as (flake/hosts/alpha/vms/web.nix:`);
  });

  it.each([
    ["an unknown option", "networking.firewal.enable = true;"],
    ["a wrong type for an option of the library", "microvm-emit.vms.web.vsockCid = 1.5;"],
  ])("traces an error to %s in a module of the host", (_, definition) => {
    const dir = temporaryDirectory();
    const module = `["./configuration.nix", nix\`{ ${definition} }\`]`;
    layOut(dir, {
      [config]: source("").replace('["./configuration.nix"]', module),
      "configuration.nix": configurationNix,
    });
    const { problems } = parsed(microvmEmit(dir, ["check", config, "--json", ...overrides], env));
    expect(problems).toMatchObject([{ subject: "hosts.alpha.modules[1]" }]);
    expect(written(dir, problems[0]?.place)[1]).toMatch(startOf(definition));
  });

  it("traces an error to vmDefaults", () => {
    const dir = temporaryDirectory();
    layOut(dir, {
      [config]: source("modules: [nix`{ }`]").replace(
        "vms: {",
        "vmDefaults: { modules: [nix`{ networking.domain = foo; }`] },\n      vms: {",
      ),
      "configuration.nix": configurationNix,
    });
    const { problems } = parsed(microvmEmit(dir, ["check", config, "--json", ...overrides], env));
    expect(problems).toMatchObject([{ subject: "hosts.alpha.vmDefaults.modules[0]" }]);
    expect(written(dir, problems[0]?.place)[1]).toMatch(/^foo; \}/);
  });

  it("reports an error of the host when it finds no other place", () => {
    const dir = temporaryDirectory();
    layOut(dir, { [config]: source(""), "configuration.nix": "{ }\n" });
    const { problems } = parsed(microvmEmit(dir, ["check", config, "--json", ...overrides], env));
    expect(problems).toMatchObject([{ subject: "hosts.alpha" }]);
    expect(written(dir, problems[0]?.place)[1]).toMatch(/^alpha: \{/);
    expect(problems[0]?.details?.join("\n")).toMatch(/Failed assertions:\n- .*(?:root|fileSystems|boot)/s);
  });
});

/** Matches texts with this prefix. */
const startOf = (text: string): RegExp => new RegExp(`^${text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")}`);
