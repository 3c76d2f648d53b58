import { text, pattern } from "./text.js";

/** A virtiofs or 9p tag: at most 36 bytes, the limit of virtiofs (Linux `struct virtio_fs_config`). */
export const shareTag = text({
  holds: pattern(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,35}$/),
  complaint: "is not a share tag",
  remedy: "Use up to 36 letters, digits, `_`, `.` and `-`, and begin with a letter, digit or `_`.",
});

/** The hypervisor's name of a device; microvm.nix puts it on a command line without quotes. */
export const devicePath = text({
  holds: pattern(/^[A-Za-z0-9._:/][A-Za-z0-9._:,=/+-]*$/),
  complaint: "is not a device",
  remedy: "Write a PCI address such as 0000:01:00.0, or properties such as vendorid=0x046d,productid=0xc52b.",
});

/** A UUID, as SMBIOS and `/etc/machine-id` have it. */
export const machineId = text({
  holds: pattern(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i),
  complaint: "is not a UUID",
  remedy: "Write 32 hex digits as uuidgen(1) does: a67472e5-570e-5c8a-b18c-ae3c77701050.",
});

/** A label that every file system accepts: vfat has the smallest limit, 11 characters. */
export const volumeLabel = text({
  holds: pattern(/^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,15}$/),
  complaint: "is not a label",
  remedy: "Use up to 16 letters, digits, `_`, `.` and `-`, without a leading `-`.",
});

/** The serial number of a disk, for which virtio has 20 bytes (Virtio 1.2, 5.2.6.1). */
export const diskSerial = text({
  holds: pattern(/^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,19}$/),
  complaint: "is not a disk serial number",
  remedy: "Use up to 20 letters, digits, `_`, `.` and `-`, without a leading `-`.",
});
