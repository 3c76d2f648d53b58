import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Config, emit, render } from "microvm-emit";
import { temporaryFolder } from "./harness.js";

/** Writes the flake of a config to `flake/` in a new folder, with `files` beside it. */
export const emitted = (config: Config, files: Readonly<Record<string, string>> = {}): string => {
  const result = emit(config);
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left, null, 2));
  const folder = temporaryFolder();
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  for (const { path, text } of render(result.right.files)) write(`flake/${path}`, text);
  for (const [path, text] of Object.entries(files)) write(path, text);
  return `path:${folder}?dir=flake`;
};

/** The same, but with the flake in the folder itself, where every version of Nix finds it by path. */
export const emittedFlat = (config: Config, files: Readonly<Record<string, string>> = {}): string => {
  const result = emit(config, { configFile: "microvm.config.ts" });
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left, null, 2));
  const folder = temporaryFolder();
  const given = Object.entries(files).map(([path, text]) => ({ path, text }));
  for (const { path, text } of [...render(result.right.files), ...given]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
};

/** Options that NixOS requires of every host, for configs without a host module. */
export const hostModule = `{
  boot.loader.systemd-boot.enable = true;
  fileSystems."/".device = "/dev/sda1";
  users.users.alice.isNormalUser = true;
}`;
