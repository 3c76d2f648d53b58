/** Builds the guests' image before the tests that boot it. */
import { image } from "../test/lab/image.js";

await image();
