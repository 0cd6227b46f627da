// What a browser has and the test's document has not.
import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

Element.prototype.scrollIntoView = () => {};
afterEach(cleanup);
