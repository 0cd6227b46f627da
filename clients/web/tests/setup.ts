// What a browser has and the test's document has not.
import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// Tests of real sockets run without a document.
if (typeof Element !== "undefined") Element.prototype.scrollIntoView = () => {};
// A failure names what is missing; the whole page beside it would only hide that.
configure({ getElementError: (message) => new Error(message ?? "not on the page") });
afterEach(cleanup);
