export { type AgentName, type AgentOptions, agents } from "./catalogue/agents.js";
export * from "./catalogue/functions.js";
export type { Config, FlakeInput } from "./config/config.js";
export { collect } from "./common/collect.js";
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
export { type Provider, type ProviderName, providers } from "./catalogue/providers.js";
export type { Secret } from "./config/secret.js";
export type { Silences, WarningCode } from "./config/silence.js";
export type { Share, Volume } from "./config/storage.js";
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
export { gitHosts } from "./catalogue/git-hosts.js";
export { destinations } from "./catalogue/presets.js";
export { emacs, fromInput, zsh } from "./compose/home.js";
export { type HypervisorName, hypervisors } from "./catalogue/hypervisors.js";
export { emptyLock, type Lock, lockSchema } from "./plan/lock.js";
export { hostSettings, vmSettings } from "./catalogue/microvm-options.js";
export type * from "./plan/plan.js";
export { planConfig, type Planned, type PlanOptions } from "./plan-config.js";
export { moduleMissing } from "./problems/module-missing.js";
export { type ConfigPath, formatPath, hasItToo, type Problem, type RelatedPlace } from "./problems/problem.js";
export { type ProblemCode, problemCodes } from "./problems/problem-codes.generated.js";
export type { Resolution } from "./resolve/resolve.js";
export { tapPrefix } from "./plan/allocate.js";
export { isStoreOverlay } from "./rules/store-overlay-persistent.js";
export { publishedPlace } from "./rules/publish-without-nat.js";
export { joinDestination } from "./scalars/scalars.js";
export type { SilencedProblem } from "./silenced.js";
export { type GuestDifference, guestDifferences } from "./resolve/guest-difference.js";
export { isAddress, webPorts } from "./plan/policy.js";
export { type GuestLink, type Section, hostRoute, linkFileText, linkOf } from "./resolve/guest-link.js";
export { builtInShares, ownShares } from "./resolve/built-in-shares.js";
export { type GuestBase, guestBases, imageOf, readsOptions, seenByGuest, withoutOrigins } from "./resolve/guests.js";
export { identityOf, mountOptions } from "./resolve/identity.js";
export { camelCase } from "./common/camel-case.js";
export { clip } from "./common/clip.js";
export { isRecord } from "./common/is-record.js";
export { type PrivateRange, privateRangeRows, privateRanges } from "./catalogue/private-ranges.js";
export { isSquashed } from "./resolve/writable.js";
export { distance, formatSubnet, hexOf, isInside, isPrivate, linkLocalOf } from "./plan/subnet.js";
export { didYouMean, nearest } from "./common/suggest.js";
export { type ToolchainName, toolchains } from "./catalogue/toolchains.js";
export { type Written, whereWritten, writtenPath } from "./compose/vm-defaults.js";
