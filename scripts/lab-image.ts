/** Makes the guests' image ahead of the tests that boot it. */
import { image } from "../test/lab/image.js";

await image();
