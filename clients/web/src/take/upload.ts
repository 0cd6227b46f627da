// The way of a drawing to the daemon.
import type { ErrorObject } from "@storycore/client";

import { problemOf, type Problem, type Session } from "../connection/session.ts";
import type { Upload } from "./imports.ts";

/** Larger files do not fit into one message of the session; see `frameBytesMax`. */
const messageFileBytesMax = 4 << 20;

/** What is too large for a message of the session goes alone, and says whose it is: this page can undo either. */
export function uploadThrough(session: Session): Upload {
  return (project, shot, file, onShare) =>
    wayOf(file, session)(project, shot, file, onShare);
}

function wayOf(file: File, session: Session): Upload {
  if (file.size <= messageFileBytesMax) return send(session);
  return session.pictures === null ? post(session) : refuse;
}

function send(session: Session): Upload {
  return async (project, shot, file) => {
    const data = await base64(file);
    const imported = await session.call("take/import", { project, shot, name: file.name, data }).catch((error: unknown) => {
      throw problemOf(error);
    });
    return imported.notes;
  };
}

function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result).replace(/^[^,]*,/, "")));
    reader.addEventListener("error", () =>
      reject({ message: "the file cannot be read", hint: "a folder is no picture; or it was moved meanwhile" } satisfies Problem),
    );
    reader.readAsDataURL(file);
  });
}

const refuse: Upload = () =>
  Promise.reject({
    message: "it is larger than 4 MiB, which is too much for the board inside an editor",
    hint: "open the board in the browser, and drop it there",
  } satisfies Problem);

// `fetch` does not tell how much of a body has gone.
const post = (session: Session): Upload => (project, shot, file, onShare) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const asked = new URLSearchParams({ name: file.name, client: session.client });
    request.open("POST", `/takes/${project}/${shot}?${asked}`);
    request.responseType = "json";
    // What it is, the daemon finds by its content; a form of a foreign page cannot send this type.
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.addEventListener("progress", ({ loaded, total }) => onShare(total > 0 ? loaded / total : 0));
    request.addEventListener("load", () => {
      if (request.status < 300) resolve((request.response as { notes?: readonly string[] } | null)?.notes ?? []);
      else reject(problemIn(request.response as { error?: ErrorObject } | null, request.status));
    });
    request.addEventListener("error", () =>
      reject({ message: "the daemon does not answer", hint: "try again when the page is connected" } satisfies Problem),
    );
    request.send(file);
  });

function problemIn(body: { error?: ErrorObject } | null, status: number): Problem {
  if (body?.error) return { message: body.error.message, hint: body.error.data.hint ?? null };
  return { message: `the daemon answered ${status}`, hint: null };
}
