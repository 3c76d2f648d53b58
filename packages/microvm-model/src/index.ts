export { type AgentName, type AgentOptions, agents } from "./catalogue/agents.js";
export * from "./catalogue/functions.js";
export type { Config, FlakeInput } from "./config/config.js";
export type { HostSource, Machine } from "./rules/config-source.js";
export type { Agent, AgentFacts, AgentReleases, AgentState, GatewayVariables } from "./catalogue/agent.js";
export type { Emacs, Home, InputFile, Zsh, ZshHistory } from "./config/home.js";
export type { Balloon, Device, Graphics, Hotplug, QemuDevice, StoreDisk } from "./config/hardware.js";
export type { Limits } from "./config/limits.js";
export type { EvaluatedVm, FlakeVm, Host, ImportedVm } from "./config/host.js";
export type { DeployOptions, MicrovmHostOptions, MicrovmOptions, Toggle } from "./config/microvm.js";
export type {
  CloudHypervisorOptions,
  CrosvmOptions,
  FirecrackerOptions,
  HypervisorPackage,
  RosettaOptions,
  VfkitOptions,
} from "./config/microvm-hypervisors.js";
export type { PcieRootPort, QemuOptions } from "./config/microvm-qemu.js";
export type { VirtiofsdOptions } from "./config/microvm-virtiofsd.js";
export type {
  AddressedInterface,
  Bridge,
  BridgedInterface,
  BridgeInterface,
  DhcpRange,
  Firewall,
  ForwardEnd,
  ForwardPort,
  GuestInterface,
  Interface,
  MacvtapInterface,
  NamedInterface,
  Nat,
  Routed,
  TapInterface,
  UserInterface,
  Vlan,
} from "./config/network.js";
export type { Destination, HostPort, NetworkPolicy, PortOfHost, PublishedPort, ReachedVm } from "./config/policy.js";
export type { Key, Keys, VmKeys } from "./config/keys.js";
export type { Provider, ProviderName } from "./catalogue/providers.js";
export type { Secret } from "./config/secret.js";
export type { Silences, WarningCode } from "./config/silence.js";
export type { Share, Volume } from "./config/storage.js";
export type { Workspace } from "./config/workspace.js";
export type { Module, NixData, NixText, Package } from "./scalars/terms.js";
export type { Toolchain } from "./catalogue/toolchain.js";
export type { GuestGroup, GuestUser, User } from "./config/user.js";
export type { Vm, VmDefaults } from "./config/vm.js";
export type { VmAgent } from "./config/vm-agent.js";
export type { VmGuest } from "./config/vm-guest.js";
export type { VmMachine, Vsock } from "./config/vm-machine.js";
export type { VmNetwork } from "./config/vm-network.js";
export type { VmStorage } from "./config/vm-storage.js";
export type { Result } from "@microvm-emit/nix-ast";
export { type ConfigFunction, defineConfig, type Environment } from "./compose/define-config.js";
export { type Changes, extend, replace, unset } from "./compose/extend.js";
export { emacs, fromInput, zsh } from "./compose/home.js";
export type { HypervisorName } from "./catalogue/hypervisors.js";
export { emptyLock, type FreedIndex, type Lock } from "./plan/lock.js";
export type * from "./plan/plan.js";
export { planConfig, type Planned, type PlanOptions, type Rule } from "./plan-config.js";
export { type ConfigPath, formatPath, type Problem, type RelatedPlace } from "./problems/problem.js";
export { type ProblemCode, problemCodes } from "./problems/problem-codes.generated.js";
export type { Resolution } from "./resolve/resolve.js";
export type { SilencedProblem } from "./silenced.js";
export { type ToolchainName, toolchains } from "./catalogue/toolchains.js";
