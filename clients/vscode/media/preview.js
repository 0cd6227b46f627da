// Shows what the extension tells of the shot under the cursor. See src/preview.ts.
const host = acquireVsCodeApi();
const part = (id) => document.getElementById(id);

window.addEventListener("message", ({ data: shot }) => {
  part("none").hidden = shot !== null;
  part("shot").hidden = shot === null;
  if (shot === null) return;
  for (const name of ["label", "heading", "camera", "why", "text"]) part(name).textContent = shot[name];
  part("shot").dataset.status = shot.status;
  const picture = part("picture");
  picture.hidden = shot.picture === undefined;
  part("blank").hidden = shot.picture !== undefined;
  if (shot.picture !== undefined && picture.src !== shot.picture) picture.src = shot.picture;
  picture.alt = `Panel of shot ${shot.label}`;
});
host.postMessage("ready");
