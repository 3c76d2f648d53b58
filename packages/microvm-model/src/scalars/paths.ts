import { type Rule, text, pattern } from "./text.js";

/** A path that systemd units, shells and mount options read without change, and without `.` and `..`. */
const isPlainPath = (value: string): boolean =>
  /^[\p{L}\p{N}._+@:,=~/-]+$/u.test(value) && !/(^|\/)\.{1,2}(\/|$)/.test(value);

const plainPath: Rule = {
  holds: isPlainPath,
  complaint: "has characters or path segments that systemd or a shell would misread",
  remedy: "Use letters, digits and ._+@:,=- between the slashes, and no `.` or `..` segment.",
};

/** `/a//b/` as `/a/b`, so that one place has one name. */
const normalizePath = (value: string): string => value.replace(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "");

const notEverything: Rule = {
  holds: (value) => !/^~?\/+$/.test(value),
  complaint: "is the root folder or a whole home",
  remedy: "Name a folder below it that is only for the VM.",
};

const hostPathRules: readonly [Rule, ...Rule[]] = [
  {
    holds: (value) => /^(\/|~\/)/.test(value),
    complaint: "is not an absolute path",
    remedy: "Write an absolute path or one below ~/, such as /srv/data or ~/microvm/data.",
  },
  notEverything,
  plainPath,
];

/** An absolute path on the host, or one below the user's home written `~/…`. */
export const hostPath = text(...hostPathRules).transform(normalizePath);

/** The same, for a clone of a repository. */
export const clonePath = text(
  {
    holds: (value) => !/^(?:[a-z][\w+.-]*:\/\/|[\w.-]+@[\w.-]+:)/i.test(value),
    complaint: "is a URL, and `repo` is the path of your clone",
    remedy: "Clone the repository, and write the path of the clone, such as ~/src/project.",
  },
  ...hostPathRules,
).transform(normalizePath);

/** The same, or a path relative to the VM's folder below `/var/lib/microvms`. */
export const shareSource = text(
  {
    holds: (value) => value !== "" && (!value.startsWith("~") || value.startsWith("~/")),
    complaint: "is not a folder path",
    remedy: "Write an absolute path, a path below ~/, or a folder in the VM's own folder, such as home.",
  },
  notEverything,
  plainPath,
).transform(normalizePath);

const notTheStore: Rule = {
  holds: (value) => normalizePath(value) !== "/nix/store",
  complaint: "is microvm.nix's mount point for the guest's store",
  remedy: "Use another mount point.",
};

/** An absolute path in a guest, where something can be mounted. */
export const guestPath = text(
  {
    holds: pattern(/^\/+[^/]/),
    complaint: "is not an absolute path below /",
    remedy: "Write the whole path, such as /var/lib/data.",
  },
  plainPath,
  notTheStore,
).transform(normalizePath);

/** The same, or `/`, which a disk can be. */
export const volumeMountPoint = text(
  {
    holds: pattern(/^\//),
    complaint: "is not an absolute path",
    remedy: "Write the whole path, such as /var/lib/data.",
  },
  plainPath,
  notTheStore,
).transform(normalizePath);

/** A disk image: absolute, or relative to the VM's folder below `/var/lib/microvms`. */
export const imagePath = text(
  {
    // A command would read a leading hyphen as an option.
    holds: (value) => value !== "" && !/\/$/.test(value) && !/^[~-]/.test(value),
    complaint: "is not an image path",
    remedy: "Write a file name such as var.img, or an absolute path.",
  },
  plainPath,
).transform(normalizePath);

/** A control socket, in the VM's folder. */
export const socketPath = text({
  holds: pattern(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/),
  complaint: "is not a socket name",
  remedy: "Write a file name such as control.socket.",
});

/** A file name without folders, for a script or a credential. */
export const fileName = text({
  holds: pattern(/^[A-Za-z0-9_][A-Za-z0-9._@-]*$/),
  complaint: "is not a file name",
  remedy: "Use letters, digits and `._@-`, and no folders.",
});

/** A file below a folder, by its path. */
export const fileBelow = text({
  holds: pattern(/^[A-Za-z0-9_][A-Za-z0-9._@-]*(\/[A-Za-z0-9_][A-Za-z0-9._@-]*)*$/),
  complaint: "is not a relative file path",
  remedy: "Use letters, digits and `._@-` between slashes, without a leading slash.",
});

/** A folder below another one by its name, or `.` for the other one itself. */
export const subfolder = text({
  holds: pattern(/^(\.|\.?[A-Za-z0-9_][A-Za-z0-9._@-]*)$/),
  complaint: "is not a folder name",
  remedy: "Use letters, digits and `._@-`, or `.` for the folder itself.",
});
