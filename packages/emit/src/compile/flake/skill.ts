import type { HostPlan, Plan } from "@microvm-emit/model";
import { basename } from "pathe";
import type { TextFile } from "../../output-file.js";
import { lockNameOf } from "../../lock-name.js";
import type { Locations } from "../locations.js";

/** The skill that teaches a coding agent to add a VM: edit the config, never the emitted files. */
export const compileSkill = (plan: Plan, { configFile }: Locations): TextFile => ({
  kind: "text",
  path: ".claude/skills/create-microvm/SKILL.md",
  text: skill(plan.hosts, configFile),
});

const skill = (hosts: readonly HostPlan[], configFile: string): string => {
  const config = basename(configFile);
  const names = hosts.map(({ name }) => name);
  const description = `Adds a microVM for a project to the NixOS configuration of ${names.join(", ")} by editing ${config}. Use when the user asks for a new microVM, agent VM or sandbox, or wants to change one.`;
  return `---
name: create-microvm
description: ${JSON.stringify(description)}
---

# Create a microVM

\`${config}\` describes the VMs. Its path relative to \`flake.nix\` is \`${configFile}\`.
\`flake.nix\` and the files next to it are generated: edit the config, never the generated files. Run the commands below in
the config's folder.

## Steps

1. Read \`${config}\`. The VMs of a host are the entries of its \`vms\`: ${names.map((name) => `\`hosts.${name}.vms\``).join(", ")}.
2. Add an entry. Name it after the project plus \`vm\`, with lower-case letters, digits and hyphens:

${indented(entryFor(config))}

   - Omit \`index\` and \`interfaces\`: tap, MAC and IP address are allocated without conflicts.
   - Add build dependencies to \`toolchains\` if there is a toolchain, else to \`packages\` as attributes of nixpkgs.
   - Copy settings that the other entries have in common, such as \`home\` and \`modules\`, but no network settings.
   - Share only the workspace, no home directory and no credentials, unless the user asks for it.
   - The user decides about network access and permissions. Never add or widen \`network\`, \`allow\`, \`reachVms\`, \`reachHost\`,
     \`publish\`, \`sudo\`, \`secrets\`, \`agentState\`, \`dangerous\`, \`owners\` or \`silence\` unless the user asks for exactly that; then
     show the user the output of \`npx microvm-emit plan ${config}\` before and after.

3. Emit the flake and read the changes. Each problem is reported with its place and its fix:

   \`\`\`bash
   npx microvm-emit ${config}
   \`\`\`

4. Check that the host still evaluates. Do not deploy it:

   \`\`\`bash
   npx microvm-emit check ${config}
   \`\`\`

5. If the project has sources to work on, clone them into the workspace, here \`~/microvm/example\`. The first start
   of the VM creates the folder and the SSH host key.
6. Commit the config, \`${lockNameOf(config)}\` and the generated files. Nix sees only files that git tracks, so add new
   ones first.

## What the user runs

Tell the user these commands, with the name and address of the new VM, which \`npx microvm-emit plan ${config}\` shows.
\`microvm-emit\` prints the first one at the end of its output:

\`\`\`bash
sudo nixos-rebuild switch --flake ./flake#${names[0] ?? "HOST"}
sudo systemctl start microvm@examplevm
ssh ADDRESS
\`\`\`

In the VM, \`cd\` to the workspace and start the agent${startCommand(hosts)}.
`;
};

const entry = `\`\`\`ts
examplevm: {
  agent: claudeCode(),
  workspace: "~/microvm/example",
  toolchains: [go()],
  packages: ["git", "ripgrep"],
},
\`\`\``;

const jsonEntry = `\`\`\`json
"examplevm": {
  "agent": "claude-code",
  "workspace": "~/microvm/example",
  "toolchains": ["go"],
  "packages": ["git", "ripgrep"]
}
\`\`\``;

const yamlEntry = `\`\`\`yaml
examplevm:
  agent: claude-code
  workspace: ~/microvm/example
  toolchains: [go]
  packages: [git, ripgrep]
\`\`\``;

/** The example entry, in the language of the config. */
const entryFor = (config: string): string => {
  if (/\.jsonc?$/.test(config)) return jsonEntry;
  return /\.ya?ml$/.test(config) ? yamlEntry : entry;
};

/** Indents the content of a list item. */
const indented = (text: string): string => text.replace(/^/gm, "   ");

const startCommand = (hosts: readonly HostPlan[]): string => {
  const commands = new Set(
    hosts.flatMap(({ vms }) => vms.flatMap(({ agent }) => (agent === null ? [] : [agent.command]))),
  );
  return commands.size === 0 ? "" : `: ${[...commands].map((command) => `\`${command}\``).join(" or ")}`;
};
