import { type Rule, text, pattern } from "./text.js";

const isAccountName = pattern(/^[a-z_][a-z0-9_-]{0,30}$/);
const accountNameRemedy = "Use up to 31 lower-case letters, digits, `_` and `-`, not starting with a digit or hyphen.";

/** The name of a user of the host. */
export const accountName = text({
  holds: isAccountName,
  complaint: "is not a user name",
  remedy: accountNameRemedy,
});

/** A user name that `useradd` accepts and that no service of a guest has. */
export const userName = text(
  {
    holds: isAccountName,
    complaint: "is not a user name",
    remedy: accountNameRemedy,
  },
  {
    holds: (value) => !/^(root|nobody|sshd|messagebus|polkituser|nscd|systemd-.*|nixbld.*)$/.test(value),
    complaint: "is a user of NixOS itself",
    remedy: "Choose another name, such as alice.",
  },
);

/** The groups with fixed ids (NixOS nixos/modules/misc/ids.nix) that a guest has anyway. */
const nixosGroups: ReadonlySet<string> = new Set(
  "root wheel kmem tty messagebus floppy uucp lp cdrom tape audio video dialout nogroup users adm disk utmp keys input sgx render kvm nixbld".split(
    " ",
  ),
);

const groupRule: Rule = {
  holds: isAccountName,
  complaint: "is not a group name",
  remedy: accountNameRemedy,
};

/** A group name that `groupadd` accepts. */
export const groupName = text(groupRule);

/** The name of a group that the config defines. */
export const ownGroupName = text(groupRule, {
  holds: (value) => !nixosGroups.has(value),
  complaint: "is a group of NixOS with a fixed id",
  remedy: "Remove it and use its name in `extraGroups`.",
});

/** The name of an environment variable. */
export const variableName = text({
  holds: pattern(/^[A-Za-z_][A-Za-z0-9_]*$/),
  complaint: "is not an environment variable name",
  remedy: "Use letters, digits and `_`.",
});

/** The name of a secret: of a file, of an environment variable and of a systemd credential. */
export const secretName = text({
  holds: pattern(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/),
  complaint: "is not a secret name",
  remedy: "Use up to 64 letters, digits and `_`, such as ANTHROPIC_API_KEY.",
});
