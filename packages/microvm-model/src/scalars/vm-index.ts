import { z } from "zod";

/** The greatest index: with a greater one, the name of the tap would exceed 15 characters. */
export const maxIndex = 99_999_999;

/** The number of a VM, from which its tap, MAC, address and CID follow. */
export const vmIndex = z.int().min(0).max(maxIndex);
