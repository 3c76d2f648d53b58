/** Exports of the model for microvm-emit only. They can change in any release.
 *
 * @module
 */
export { collect } from "./common/collect.js";
export { providers } from "./catalogue/providers.js";
export { gitHosts } from "./catalogue/git-hosts.js";
export { destinations } from "./catalogue/presets.js";
export { readLock } from "./plan/lock.js";
export { moduleMissing } from "./problems/module-missing.js";
export { hasItToo } from "./problems/problem.js";
export { publishedPlace } from "./rules/publish-without-nat.js";
export { joinDestination } from "./scalars/scalars.js";
export { type GuestDifference, guestDifferences } from "./resolve/guest-difference.js";
export { isAddress, readDestination, webPorts } from "./plan/policy.js";
export { type GuestLink, type Section } from "./resolve/guest-link.js";
export { type GuestBase, guestBases, readsOptions, seenByGuest, withoutOrigins } from "./resolve/guests.js";
export { identityOf } from "./resolve/identity.js";
export { camelCase } from "./common/camel-case.js";
export { clip } from "./common/clip.js";
export { isRecord } from "./common/is-record.js";
export { type PrivateRange, privateRanges } from "./catalogue/private-ranges.js";
export { isSquashed } from "./resolve/writable.js";
export { distance, formatSubnet, isInside, isPrivate } from "./plan/subnet.js";
export { didYouMean, meant } from "./common/suggest.js";
export { type Written, whereWritten, writtenPath } from "./compose/vm-defaults.js";
