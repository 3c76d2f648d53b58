import { type Checked, withProblems } from "./checked.js";
import type { HostPlan } from "./plan.js";
import type { Problem } from "./problem.js";
import type { Resolution } from "./resolve.js";
import { address } from "./rules/address.js";
import { cid } from "./rules/cid.js";
import { environment } from "./rules/environment.js";
import { forwardPort } from "./rules/forward-port.js";
import { group } from "./rules/group.js";
import { home } from "./rules/home.js";
import { hypervisor } from "./rules/hypervisor.js";
import { hypervisorNeedsMacos } from "./rules/hypervisor-needs-macos.js";
import { networkInterface } from "./rules/interface.js";
import { interfaceName } from "./rules/interface-name.js";
import { login } from "./rules/login.js";
import { nat } from "./rules/nat.js";
import { secret } from "./rules/secret.js";
import { share } from "./rules/share.js";
import { subnet } from "./rules/subnet.js";
import { unique } from "./rules/unique.js";
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
  login,
];

/** Holds a plan against every rule that spans several parts of a host. */
export const checkRules = (resolution: Resolution): Checked<Resolution> =>
  withProblems(
    resolution.plan.hosts.flatMap((host) => rules.flatMap((rule) => rule(host))),
    resolution,
  );
