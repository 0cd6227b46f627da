// Pictures by the session, for a page that the daemon did not serve: there, paths lead nowhere.
import type { BlobId, Client, ProjectId } from "@storycore/client";

export interface Pictures {
  /** The address of a picture; made once, as long as there is room. */
  load(project: ProjectId, asset: BlobId): Promise<string>;
}

/** Pictures kept at once; one that is on the page stays there when it is forgotten here. */
const picturesMax = 400;

export function fetchPictures(client: Client): Pictures {
  const kept = new Map<BlobId, Promise<string>>();
  function forgetOldest() {
    const oldest = kept.entries().next().value;
    if (oldest === undefined) return;
    kept.delete(oldest[0]);
    void oldest[1].then((it) => URL.revokeObjectURL(it)).catch(() => {});
  }
  return {
    load(project, asset) {
      const known = kept.get(asset);
      if (known !== undefined) return known;
      if (kept.size >= picturesMax) forgetOldest();
      const loaded = fetchPicture(client, project, asset);
      kept.set(asset, loaded);
      // What failed is asked for again.
      loaded.catch(() => kept.delete(asset));
      return loaded;
    },
  };
}

async function fetchPicture(client: Client, project: ProjectId, id: BlobId): Promise<string> {
  const { asset, data } = await client.call("asset/get", { project, id, data: true });
  const bytes = Uint8Array.from(atob(data ?? ""), (it) => it.charCodeAt(0));
  return URL.createObjectURL(new Blob([bytes], { type: asset.mediaType }));
}
