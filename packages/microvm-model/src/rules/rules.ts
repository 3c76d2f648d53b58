import { type Checked, withProblems } from "../problems/checked.js";
import type { ConfigSource } from "./config-source.js";
import type { HostPlan, InputPlan } from "../plan/plan.js";
import type { Problem } from "../problems/problem.js";
import type { Resolution } from "../resolve/resolve.js";
import { address } from "./address.js";
import { agentNotPackaged } from "./agent-not-packaged.js";
import { allowIgnored } from "./allow-ignored.js";
import { allowOfHost } from "./allow-of-host.js";
import { badCid } from "./bad-cid.js";
import { balloonSize } from "./balloon-size.js";
import { brokenSshKey } from "./broken-ssh-key.js";
import { bridgeHelperWithVlans } from "./bridge-helper-with-vlans.js";
import { conflictingArgument } from "./conflicting-argument.js";
import { conflictingVariable } from "./conflicting-variable.js";
import { dangerousAllowance } from "./dangerous-allowance.js";
import { dangerousShare } from "./dangerous-share.js";
import { dnsPastPolicy } from "./dns-past-policy.js";
import { duplicateInLan } from "./duplicate-in-lan.js";
import { duplicateVm } from "./duplicate-vm.js";
import { externalInterfaceIsPort } from "./external-interface-is-port.js";
import { forwardPort } from "./forward-port.js";
import { graphicsInService } from "./graphics-in-service.js";
import { groupConflict } from "./group-conflict.js";
import { guestNotShared } from "./guest-not-shared.js";
import { homeNeedsWritableStore } from "./home-needs-writable-store.js";
import { hotplugSize } from "./hotplug-size.js";
import { hypervisorNeedsMacos } from "./hypervisor-needs-macos.js";
import { hypervisor } from "./hypervisor.js";
import { imageTypeOfNewImage } from "./image-type-of-new-image.js";
import { interfaceNameTooLong } from "./interface-name-too-long.js";
import { labelWithoutCreation } from "./label-without-creation.js";
import { littleMemory } from "./little-memory.js";
import { macNotLocal } from "./mac-not-local.js";
import { macvtapOnPort } from "./macvtap-on-port.js";
import { macvtapWithoutHost } from "./macvtap-without-host.js";
import { memoryLimit } from "./memory-limit.js";
import { natWithoutSubnet } from "./nat-without-subnet.js";
import { nixpkgsConfigWithSet } from "./nixpkgs-config-with-set.js";
import { noLogin } from "./no-login.js";
import { noReadiness } from "./no-readiness.js";
import { oemStringsTwice } from "./oem-strings-twice.js";
import { otherHypervisor } from "./other-hypervisor.js";
import { pathInEnvironment } from "./path-in-environment.js";
import { policyNotHeld } from "./policy-not-held.js";
import { posixAclWithTranslation } from "./posix-acl-with-translation.js";
import { privateName } from "./private-name.js";
import { privilegedHostPort } from "./privileged-host-port.js";
import { publishedPort } from "./published-port.js";
import { qemuMemory } from "./qemu-memory.js";
import { reachedVm } from "./reached-vm.js";
import { renamedFromPresent } from "./renamed-from-present.js";
import { runAsInService } from "./run-as-in-service.js";
import { scriptedInitrd } from "./scripted-initrd.js";
import { secret } from "./secret.js";
import { settingIgnored } from "./setting-ignored.js";
import { severalExternalInterfaces } from "./several-external-interfaces.js";
import { shareInWritableShare } from "./share-in-writable-share.js";
import { shareOfRunSecrets } from "./share-of-run-secrets.js";
import { shareOwnedByRoot } from "./share-owned-by-root.js";
import { shareSettingIgnored } from "./share-setting-ignored.js";
import { sharedAcrossPolicies } from "./shared-across-policies.js";
import { squashedSystemFolder } from "./squashed-system-folder.js";
import { storeOverlayOnShare } from "./store-overlay-on-share.js";
import { storeOverlayPersistent } from "./store-overlay-persistent.js";
import { subnet } from "./subnet.js";
import { tooManyVolumes } from "./too-many-volumes.js";
import { unique } from "./unique.js";
import { userNetworkWithoutDhcp } from "./user-network-without-dhcp.js";
import { unfollowedModule } from "./unfollowed-module.js";
import { volumeInWritableShare } from "./volume-in-writable-share.js";
import { volumeWithoutSize } from "./volume-without-size.js";
import { wifiInBridge } from "./wifi-in-bridge.js";
import { workspaceWithoutRepository } from "./workspace-without-repository.js";
import { writableNixStore } from "./writable-nix-store.js";

/** A rule sees one host, where its config is written, and the flake's inputs, and returns every problem. */
type Rule = (host: HostPlan, source: ConfigSource, inputs: readonly InputPlan[]) => readonly Problem[];

const rules: readonly Rule[] = [
  unique,
  policyNotHeld,
  settingIgnored,
  allowIgnored,
  allowOfHost,
  dangerousAllowance,
  privateName,
  dnsPastPolicy,
  reachedVm,
  interfaceNameTooLong,
  address,
  badCid,
  subnet,
  severalExternalInterfaces,
  externalInterfaceIsPort,
  natWithoutSubnet,
  macNotLocal,
  macvtapWithoutHost,
  macvtapOnPort,
  wifiInBridge,
  bridgeHelperWithVlans,
  userNetworkWithoutDhcp,
  forwardPort,
  privilegedHostPort,
  publishedPort,
  hypervisor,
  qemuMemory,
  hypervisorNeedsMacos,
  scriptedInitrd,
  agentNotPackaged,
  pathInEnvironment,
  conflictingVariable,
  guestNotShared,
  homeNeedsWritableStore,
  groupConflict,
  shareInWritableShare,
  volumeInWritableShare,
  writableNixStore,
  dangerousShare,
  unfollowedModule,
  sharedAcrossPolicies,
  secret,
  posixAclWithTranslation,
  oemStringsTwice,
  conflictingArgument,
  littleMemory,
  labelWithoutCreation,
  volumeWithoutSize,
  imageTypeOfNewImage,
  tooManyVolumes,
  hotplugSize,
  balloonSize,
  memoryLimit,
  shareSettingIgnored,
  storeOverlayOnShare,
  storeOverlayPersistent,
  otherHypervisor,
  shareOfRunSecrets,
  workspaceWithoutRepository,
  graphicsInService,
  runAsInService,
  shareOwnedByRoot,
  squashedSystemFolder,
  nixpkgsConfigWithSet,
  duplicateVm,
  renamedFromPresent,
  noReadiness,
  noLogin,
  brokenSshKey,
];

/** Holds a plan against every rule that spans several parts of a host. */
export const checkRules =
  (source: ConfigSource) =>
  (resolution: Resolution): Checked<Resolution> =>
    withProblems(
      [
        ...resolution.plan.hosts.flatMap((host) => rules.flatMap((rule) => rule(host, source, resolution.plan.inputs))),
        ...duplicateInLan(resolution.plan.hosts),
      ],
      resolution,
    );
