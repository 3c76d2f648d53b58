import { type Checked, withProblems } from "./checked.js";
import type { ConfigSource } from "./config-source.js";
import type { HostPlan, InputPlan } from "./plan.js";
import type { Problem } from "./problem.js";
import type { Resolution } from "./resolve.js";
import { address } from "./rules/address.js";
import { agentNotPackaged } from "./rules/agent-not-packaged.js";
import { allowIgnored } from "./rules/allow-ignored.js";
import { allowOfHost } from "./rules/allow-of-host.js";
import { badCid } from "./rules/bad-cid.js";
import { balloonSize } from "./rules/balloon-size.js";
import { brokenSshKey } from "./rules/broken-ssh-key.js";
import { bridgeHelperWithVlans } from "./rules/bridge-helper-with-vlans.js";
import { conflictingArgument } from "./rules/conflicting-argument.js";
import { conflictingVariable } from "./rules/conflicting-variable.js";
import { dangerousAllowance } from "./rules/dangerous-allowance.js";
import { dangerousShare } from "./rules/dangerous-share.js";
import { dnsPastPolicy } from "./rules/dns-past-policy.js";
import { duplicateInLan } from "./rules/duplicate-in-lan.js";
import { duplicateVm } from "./rules/duplicate-vm.js";
import { externalInterfaceIsPort } from "./rules/external-interface-is-port.js";
import { forwardPort } from "./rules/forward-port.js";
import { graphicsInService } from "./rules/graphics-in-service.js";
import { groupConflict } from "./rules/group-conflict.js";
import { guestNotShared } from "./rules/guest-not-shared.js";
import { homeNeedsWritableStore } from "./rules/home-needs-writable-store.js";
import { hotplugSize } from "./rules/hotplug-size.js";
import { hypervisorNeedsMacos } from "./rules/hypervisor-needs-macos.js";
import { hypervisor } from "./rules/hypervisor.js";
import { imageTypeOfNewImage } from "./rules/image-type-of-new-image.js";
import { interfaceNameTooLong } from "./rules/interface-name-too-long.js";
import { labelWithoutCreation } from "./rules/label-without-creation.js";
import { littleMemory } from "./rules/little-memory.js";
import { macNotLocal } from "./rules/mac-not-local.js";
import { macvtapOnPort } from "./rules/macvtap-on-port.js";
import { macvtapWithoutHost } from "./rules/macvtap-without-host.js";
import { memoryLimit } from "./rules/memory-limit.js";
import { natWithoutSubnet } from "./rules/nat-without-subnet.js";
import { nixpkgsConfigWithSet } from "./rules/nixpkgs-config-with-set.js";
import { noLogin } from "./rules/no-login.js";
import { noReadiness } from "./rules/no-readiness.js";
import { oemStringsTwice } from "./rules/oem-strings-twice.js";
import { otherHypervisor } from "./rules/other-hypervisor.js";
import { pathInEnvironment } from "./rules/path-in-environment.js";
import { policyNotHeld } from "./rules/policy-not-held.js";
import { posixAclWithTranslation } from "./rules/posix-acl-with-translation.js";
import { privateName } from "./rules/private-name.js";
import { privilegedHostPort } from "./rules/privileged-host-port.js";
import { publishedPort } from "./rules/published-port.js";
import { qemuMemory } from "./rules/qemu-memory.js";
import { reachedVm } from "./rules/reached-vm.js";
import { renamedFromPresent } from "./rules/renamed-from-present.js";
import { runAsInService } from "./rules/run-as-in-service.js";
import { scriptedInitrd } from "./rules/scripted-initrd.js";
import { secret } from "./rules/secret.js";
import { settingIgnored } from "./rules/setting-ignored.js";
import { severalExternalInterfaces } from "./rules/several-external-interfaces.js";
import { shareInWritableShare } from "./rules/share-in-writable-share.js";
import { shareOfRunSecrets } from "./rules/share-of-run-secrets.js";
import { shareOwnedByRoot } from "./rules/share-owned-by-root.js";
import { shareSettingIgnored } from "./rules/share-setting-ignored.js";
import { sharedAcrossPolicies } from "./rules/shared-across-policies.js";
import { squashedSystemFolder } from "./rules/squashed-system-folder.js";
import { storeOverlayOnShare } from "./rules/store-overlay-on-share.js";
import { storeOverlayPersistent } from "./rules/store-overlay-persistent.js";
import { subnet } from "./rules/subnet.js";
import { tooManyVolumes } from "./rules/too-many-volumes.js";
import { unique } from "./rules/unique.js";
import { userNetworkWithoutDhcp } from "./rules/user-network-without-dhcp.js";
import { unfollowedModule } from "./rules/unfollowed-module.js";
import { volumeInWritableShare } from "./rules/volume-in-writable-share.js";
import { volumeWithoutSize } from "./rules/volume-without-size.js";
import { wifiInBridge } from "./rules/wifi-in-bridge.js";
import { workspaceWithoutRepository } from "./rules/workspace-without-repository.js";
import { writableNixStore } from "./rules/writable-nix-store.js";

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
