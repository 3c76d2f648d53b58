import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";

const script = fileURLToPath(new URL("ensure-nix.sh", import.meta.url));

/** The only folder on the script's PATH: fake commands, initially without nix. */
let bin: string;
let log: string;

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "microvm-emit-path-"));
  log = join(bin, "log");
  writeFileSync(log, "");
  provide("cat", 'while IFS= read -r line; do echo "$line"; done');
  provide("env", 'shift; exec "$@"');
});
afterEach(() => {
  rmSync(bin, { recursive: true });
});

function provide(command: string, body: string): void {
  writeFileSync(join(bin, command), `#!/bin/sh\n${body}\n`);
  chmodSync(join(bin, command), 0o755);
}

/** A fake apt-get that records its arguments and, on `install`, creates a nix. */
function provideApt(): void {
  writeFileSync(join(bin, "nix"), "#!/bin/sh\n", { mode: 0o644 });
  provide(
    "apt-get",
    `echo "apt-get $*" >>'${log}'; [ "$1" != install ] || PATH='${process.env["PATH"] ?? ""}' chmod +x '${bin}/nix'`,
  );
}

const ensureNix = (): { status: number | null; stderr: string; called: string } => {
  const { status, stderr } = spawnSync("/bin/sh", [script], { env: { PATH: bin }, encoding: "utf8" });
  return { status, stderr, called: readFileSync(log, "utf8") };
};

const remedy = "sudo apt-get update && sudo apt-get install -y nix-bin";

it("ensure-nix does nothing when nix is installed", () => {
  provide("nix", "");
  expect(ensureNix()).toEqual({ status: 0, stderr: "", called: "" });
});

it("ensure-nix installs Debian's nix as root", () => {
  provideApt();
  provide("id", "echo 0");
  expect(ensureNix()).toMatchObject({ status: 0, called: "apt-get update\napt-get install -y nix-bin\n" });
});

it("ensure-nix installs Debian's nix with passwordless sudo", () => {
  provideApt();
  provide("id", "echo 1000");
  provide("sudo", `[ "$2" = true ] || { echo sudo >>'${log}'; shift; "$@"; }`);
  provide("true", "");
  expect(ensureNix()).toMatchObject({
    status: 0,
    called: "sudo\napt-get update\nsudo\napt-get install -y nix-bin\n",
  });
});

it("ensure-nix prints instructions when it may not install", () => {
  provideApt();
  provide("id", "echo 1000");
  provide("sudo", "exit 1");
  const { status, stderr, called } = ensureNix();
  expect({ status, called }).toEqual({ status: 1, called: "" });
  expect(stderr).toContain(remedy);
});

it("ensure-nix prints instructions without apt", () => {
  const { status, stderr } = ensureNix();
  expect(status).toBe(1);
  expect(stderr).toContain(remedy);
});

it("ensure-nix prints instructions when apt fails", () => {
  provide("id", "echo 0");
  provide("apt-get", "exit 100");
  const { status, stderr } = ensureNix();
  expect(status).toBe(1);
  expect(stderr).toContain(remedy);
});
