// One picture: by its path where the daemon served the page, by the session elsewhere.
import { useEffect, useRef, useState, type ComponentProps } from "react";
import type { BlobId, ProjectId } from "@storycore/client";

import type { Pictures } from "../connection/pictures.ts";
import { useSession } from "../connection/session.ts";

interface Props extends ComponentProps<"img"> {
  readonly project: ProjectId;
  readonly asset: BlobId;
}

export function Picture({ project, asset, ...image }: Props) {
  const { pictures } = useSession();
  if (pictures === null) return <img src={`/assets/${project}/${asset}`} {...image} />;
  return <FetchedPicture pictures={pictures} project={project} asset={asset} {...image} />;
}

/** How far from what is seen a picture is asked for: about a screen. */
const ahead = "800px";

function FetchedPicture({ pictures, project, asset, ...image }: Props & { readonly pictures: Pictures }) {
  const element = useRef<HTMLImageElement>(null);
  const [src, setSrc] = useState<string>();
  useEffect(() => {
    let gone = false;
    function load() {
      pictures.load(project, asset).then(
        (it) => !gone && setSrc(it),
        // As if the browser could not load it.
        () => !gone && element.current?.dispatchEvent(new Event("error")),
      );
    }
    // A browser loads nothing lazily that has no address yet.
    const seen = new IntersectionObserver(
      (entries) => {
        if (!entries.some((it) => it.isIntersecting)) return;
        seen.disconnect();
        load();
      },
      { rootMargin: ahead },
    );
    if (element.current) seen.observe(element.current);
    return () => {
      gone = true;
      seen.disconnect();
    };
  }, [pictures, project, asset]);
  return <img ref={element} src={src} {...image} loading="eager" />;
}
