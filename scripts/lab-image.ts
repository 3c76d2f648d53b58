/** Builds the image of the lab's guests and the Debian of its containers before the tests that boot them. */
import { image } from "../test/lab/image.js";
import { systemdImage } from "../test/lab/systemd-host.js";

await Promise.all([image(), systemdImage()]);
