// Where the page begins: what the address asks for, over the daemon's WebSocket; inside an editor,
// what the editor asks for, over its connection.
import { createRoot } from "react-dom/client";

import "./styles/index.css";
import { App } from "./App.tsx";
import { Broken } from "./Broken.tsx";
import { createSession } from "./connection/session.ts";
import { connectThroughEditor } from "./connection/editor.ts";
import { connectToDaemon } from "./connection/socket.ts";
import { followCursor } from "./selection/cursor.ts";
import { followEditor } from "./theme/editor.ts";

const page = document.getElementById("page");
if (page) {
  const host = globalThis.acquireVsCodeApi?.();
  const editor = host && connectThroughEditor(host);
  const session = createSession(editor ?? connectToDaemon(window.location), {
    client: `${editor ? "board" : "page"}-${Math.random().toString(36).slice(2, 6)}`,
    project: document.documentElement.dataset.project ?? new URLSearchParams(window.location.search).get("project"),
  });
  if (editor) {
    followEditor(document);
    followCursor(editor.written, session);
  }
  createRoot(page).render(
    <Broken>
      <App session={session} />
    </Broken>,
  );
}
