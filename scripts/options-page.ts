/**
 * Generates packages/emit/nix/options.md, the reference of the library's options: `MICROVM_EMIT_RIG=FOLDER npm run
 * options`. Types' descriptions come from the `lib` of a real nixpkgs, in `FOLDER/nixpkgs/lib`.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface Option {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  /** As Nix; null without a default. */
  readonly default: string | null;
  readonly example: string | null;
}

export const optionsFile = fileURLToPath(new URL("../packages/emit/nix/options.md", import.meta.url));

/** Evaluates the options with the `lib` of a nixpkgs. */
const optionsBy = (lib: string): Readonly<Record<"host" | "guest", readonly Option[]>> => {
  const file = fileURLToPath(new URL("options.nix", import.meta.url));
  const json = execFileSync(process.env["MICROVM_EMIT_NIX_CURRENT"] ?? "nix", [
    ...["--extra-experimental-features", "nix-command", "eval", "--impure", "--json"],
    ...["--expr", `import ${file} (import ${lib})`],
  ]);
  return JSON.parse(json.toString()) as ReturnType<typeof optionsBy>;
};

const code = (text: string): string => {
  const nix = text.trim();
  return nix.includes("\n") ? `\n\n\`\`\`nix\n${nix}\n\`\`\`\n` : ` \`${nix}\``;
};

const section = ({ name, type, description, default: fallback, example }: Option): string =>
  [
    `### \`${name}\``,
    description.trim(),
    [
      `- Type: ${type.replaceAll(/[<>*]/g, "\\$&")}`,
      ...(fallback === null ? [] : [`- Default:${code(fallback)}`]),
      ...(example === null ? [] : [`- Example:${code(example)}`]),
    ].join("\n"),
  ].join("\n\n");

const introduction = `Options of the NixOS modules in this folder. Set those of the host in a module of the host, and those of a guest in the \`config\` of a VM.
[README.md](README.md) shows how to import the modules, and a first VM.

Several modules can set options of one VM. Lists are joined. To replace another value, such as one that microvm-emit wrote, use \`lib.mkForce\`. It
replaces a whole list: to change one item of \`interfaces\`, \`shares\` or \`volumes\`, write all items.

\`\`\`nix
{ lib, ... }:
{
  microvm-emit.vms.projectvm = {
    network = lib.mkForce "allowlist";
    allow = [ "github.com" ];
    reachHost = [ 8080 ];
  };
}
\`\`\``;

/** The page in Markdown. */
export const optionsPage = (rig: string): string => {
  const { host, guest } = optionsBy(join(rig, "nixpkgs/lib"));
  return ["# Options", introduction, "## Host", ...host.map(section), "## Guest", ...guest.map(section), ""].join(
    "\n\n",
  );
};

const rig = process.env["MICROVM_EMIT_RIG"];
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (rig === undefined) throw new Error("Set MICROVM_EMIT_RIG to a folder with nixpkgs/lib.");
  writeFileSync(optionsFile, optionsPage(rig));
}
