/** A service that gives each tenant a VM: rows of a database become the flake of a fleet, checked before it is written. */
import { comparePlans, type Config, defineConfig, type Host, type Plan, type Result, type Rule } from "microvm-emit";
import { checkFlake, type CheckOptions, type Diagnostic, loadConfig, planConfig, writeFlake } from "microvm-emit/node";

/** A row of the database. */
export interface Tenant {
  readonly name: string;
  readonly host: string;
  readonly memoryMiB: number;
  /** Domains that the tenant's agent may reach, besides the APIs of the agent. */
  readonly domains: readonly string[];
}

const sshKeys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx ops"];

const hostOf = (name: string, subnet: number, tenants: readonly Tenant[]): Host => ({
  stateVersion: "26.05",
  modules: [`./${name}.nix`],
  user: { name: "agents", sshKeys },
  bridges: { tenants: { address: `10.20.${String(subnet)}.1/24`, nat: true, network: "allowlist" } },
  vmDefaults: { agent: "claude-code", agentState: "own" },
  vms: Object.fromEntries(
    tenants.map((tenant) => [tenant.name, { memoryMiB: tenant.memoryMiB, allow: tenant.domains }]),
  ),
});

/** The config of the tenants: a bridge per host, and a VM per tenant. */
export const configOf = (tenants: readonly Tenant[]): Config => {
  const names = [...new Set(tenants.map(({ host }) => host))].sort();
  const own = (name: string): readonly Tenant[] => tenants.filter(({ host }) => host === name);
  return defineConfig({ hosts: Object.fromEntries(names.map((name, at) => [name, hostOf(name, at, own(name))])) });
};

/** A rule of the platform: a host keeps memory for itself. */
const overbooked: Rule<"overbooked"> = ({ hosts }) =>
  hosts.flatMap(({ name, path, vms }) => {
    const usedMiB = vms.reduce((sum, { machine }) => sum + machine.memoryMiB, 0);
    const message = `The VMs of ${name} need ${String(usedMiB)} MiB, but tenants may use 65536`;
    const remedy = "Move a tenant to another host.";
    return usedMiB <= 65536 ? [] : [{ code: "overbooked", severity: "error", path, message, remedy }];
  });

export interface Deployment {
  readonly plan: Plan;
  readonly written: readonly string[];
  /** Hosts to switch, and tenants whose VM can reach more than before. */
  readonly hosts: readonly string[];
  readonly opened: readonly string[];
}

/**
 * Writes the flake of the tenants beside `file`. Left: why nothing was written.
 *
 * @param before the plan of the last deployment.
 */
export const deploy = async (
  file: string,
  tenants: readonly Tenant[],
  { before, ...options }: CheckOptions & { readonly before?: Plan } = {},
): Promise<Result<readonly Diagnostic[], Deployment>> => {
  const loaded = await loadConfig(file, { config: configOf(tenants) });
  if (loaded._tag === "Left") return loaded;
  const planned = await planConfig(loaded.right, { rules: [overbooked] });
  if (planned._tag === "Left") return planned;
  const { plan } = planned.right.planned;
  const checked = await checkFlake(planned.right, options);
  if (checked._tag === "Left") return checked;
  const written = await writeFlake(planned.right);
  if (written._tag === "Left") return written;
  const changes = comparePlans(before ?? { ...plan, hosts: [] }, plan);
  const more = changes.hosts.flatMap(({ vms }) => vms.filter(({ access }) => access.startsWith("more")));
  const opened = more.map(({ vm }) => vm);
  return { _tag: "Right", right: { plan, written: written.right.written, hosts: changes.switch, opened } };
};
