import { type Checked, withProblems } from "./checked.js";
import type { HostPlan } from "./plan.js";
import type { Problem } from "./problem.js";
import type { Resolution } from "./resolve.js";
import { address } from "./rules/address.js";
import { balloonSize } from "./rules/balloon-size.js";
import { cid } from "./rules/cid.js";
import { conflictingArgument } from "./rules/conflicting-argument.js";
import { duplicateVm } from "./rules/duplicate-vm.js";
import { environment } from "./rules/environment.js";
import { forwardPort } from "./rules/forward-port.js";
import { graphicsInService } from "./rules/graphics-in-service.js";
import { group } from "./rules/group.js";
import { home } from "./rules/home.js";
import { hotplugSize } from "./rules/hotplug-size.js";
import { hypervisorNeedsMacos } from "./rules/hypervisor-needs-macos.js";
import { hypervisor } from "./rules/hypervisor.js";
import { imageTypeOfNewImage } from "./rules/image-type-of-new-image.js";
import { interfaceName } from "./rules/interface-name.js";
import { networkInterface } from "./rules/interface.js";
import { labelWithoutCreation } from "./rules/label-without-creation.js";
import { littleMemory } from "./rules/little-memory.js";
import { login } from "./rules/login.js";
import { nat } from "./rules/nat.js";
import { nixpkgsConfigWithSet } from "./rules/nixpkgs-config-with-set.js";
import { oemStringsTwice } from "./rules/oem-strings-twice.js";
import { otherHypervisor } from "./rules/other-hypervisor.js";
import { posixAclWithTranslation } from "./rules/posix-acl-with-translation.js";
import { runAsInService } from "./rules/run-as-in-service.js";
import { secret } from "./rules/secret.js";
import { shareOfRunSecrets } from "./rules/share-of-run-secrets.js";
import { shareOwnedByRoot } from "./rules/share-owned-by-root.js";
import { shareSettingIgnored } from "./rules/share-setting-ignored.js";
import { share } from "./rules/share.js";
import { storeOverlayOnShare } from "./rules/store-overlay-on-share.js";
import { storeOverlayPersistent } from "./rules/store-overlay-persistent.js";
import { subnet } from "./rules/subnet.js";
import { tooManyVolumes } from "./rules/too-many-volumes.js";
import { unique } from "./rules/unique.js";
import { volumeWithoutSize } from "./rules/volume-without-size.js";
import { writableStore } from "./rules/writable-store.js";

/** A rule sees one host whole and says everything that breaks it. */
type Rule = (host: HostPlan) => readonly Problem[];

const rules: readonly Rule[] = [
  unique,
  interfaceName,
  address,
  cid,
  subnet,
  nat,
  networkInterface,
  forwardPort,
  hypervisor,
  hypervisorNeedsMacos,
  environment,
  home,
  group,
  share,
  writableStore,
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
  shareSettingIgnored,
  storeOverlayOnShare,
  storeOverlayPersistent,
  otherHypervisor,
  shareOfRunSecrets,
  graphicsInService,
  runAsInService,
  shareOwnedByRoot,
  nixpkgsConfigWithSet,
  duplicateVm,
  login,
];

/** Holds a plan against every rule that spans several parts of a host. */
export const checkRules = (resolution: Resolution): Checked<Resolution> =>
  withProblems(
    resolution.plan.hosts.flatMap((host) => rules.flatMap((rule) => rule(host))),
    resolution,
  );
