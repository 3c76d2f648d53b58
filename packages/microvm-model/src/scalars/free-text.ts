import { isLine, isNixText, pattern, text } from "./text.js";

/** The value of an environment variable, which NixOS puts between double quotes in a script that every login runs. */
export const variableValue = text({
  holds: (value) => isLine(value) && !/["`\\]|\$\(/.test(value),
  complaint: "has characters that a shell would expand",
  remedy: "Remove quotes, backticks, backslashes and `$(`; `$HOME` is fine.",
});

/** Text of any kind that Nix can hold: everything but NUL. */
export const anyText = text({
  holds: isNixText,
  complaint: "contains a NUL character or a lone surrogate",
  remedy: "Remove it; a Nix string cannot contain it.",
});

/** One line of text, such as a public key. */
export const line = text({
  holds: (value) => value !== "" && isLine(value),
  complaint: "is not one line of text",
  remedy: "Write one non-empty line without control characters.",
});

/** A public key as a line of `authorized_keys` (sshd(8)), with or without options. */
export const sshKey = text(
  {
    holds: isLine,
    complaint: "is not one line of text",
    remedy: "Write one line without control characters.",
  },
  {
    holds: pattern(/(?:^|\s)(?:ssh-|ecdsa-|sk-)\S+\s+AAAA/),
    complaint: "is not a public SSH key",
    remedy: "Copy the line in ~/.ssh/id_ed25519.pub, such as ssh-ed25519 AAAA… alice@host.",
  },
);

/** A reason, for readers of the config. */
export const reason = text({
  holds: (value) => value.trim() !== "" && isNixText(value),
  complaint: "is not a reason",
  remedy: "Give the reason in a few words.",
});
