// One picture: by its path where the daemon served the page, by the session elsewhere. A take that
// moves is a video that shows its first frame, and plays while it is looked at.
import { useEffect, useRef, useState, type RefObject } from "react";
import { cardFromBytes, cardSidePx, type BlobId, type ProjectId } from "@storycore/client";

import type { Pictures } from "../connection/pictures.ts";
import { useSession } from "../connection/session.ts";
import { useFilmState } from "../project/film.ts";

interface Props {
  readonly project: ProjectId;
  readonly asset: BlobId;
  readonly alt: string;
  /** Whether it is shown no larger than on a card. */
  readonly small?: boolean;
  readonly className?: string | undefined;
  readonly "data-asset"?: BlobId;
  readonly decoding?: "async";
  readonly draggable?: boolean;
  readonly loading?: "eager" | "lazy";
  readonly onLoad?: (() => void) | undefined;
  readonly onError?: () => void;
  readonly onAnimationEnd?: () => void;
}

export function Picture({ project, asset, small = false, ...image }: Props) {
  const { pictures } = useSession();
  const type = useFilmState((state) => state.assets.assets[asset]?.mediaType);
  const large = useFilmState((state) => (state.assets.assets[asset]?.bytes ?? 0) >= cardFromBytes);
  const still = type === "image/png" || type === "image/jpeg";
  if (type?.startsWith("video/")) return <Video pictures={pictures} project={project} asset={asset} {...image} />;
  if (pictures === null) {
    const src = path(project, asset);
    return <img src={small && large && still ? `${src}?thumb=${cardSidePx}` : src} {...image} />;
  }
  return <FetchedPicture pictures={pictures} project={project} asset={asset} {...image} />;
}

interface Fetched extends Props {
  readonly pictures: Pictures | null;
}

function FetchedPicture({ pictures, project, asset, ...image }: Fetched) {
  const element = useRef<HTMLImageElement>(null);
  const src = useAddress(element, pictures, project, asset);
  return <img ref={element} src={src} {...image} loading="eager" />;
}

function Video({ pictures, project, asset, alt, decoding: _, loading, onLoad, ...rest }: Fetched) {
  const element = useRef<HTMLVideoElement>(null);
  const src = useAddress(element, pictures, project, asset);
  return (
    <video
      ref={element}
      // Some browsers show no frame before one is asked for.
      src={src === undefined ? undefined : `${src}#t=0.001`}
      {...rest}
      aria-label={alt === "" ? undefined : alt}
      muted
      loop
      playsInline
      preload="metadata"
      controls={loading === "eager"}
      onLoadedData={onLoad}
      onPointerEnter={(event) => void event.currentTarget.play().catch(() => {})}
      onPointerLeave={(event) => event.currentTarget.pause()}
    />
  );
}

function path(project: ProjectId, asset: BlobId): string {
  return `/assets/${project}/${asset}`;
}

/** How far from what is seen a picture is asked for: about a screen. */
const ahead = "800px";

/** The address of a file, when the element comes near to what is seen. */
function useAddress(
  element: RefObject<HTMLElement | null>,
  pictures: Pictures | null,
  project: ProjectId,
  asset: BlobId,
): string | undefined {
  const [src, setSrc] = useState<string>();
  useEffect(() => {
    let gone = false;
    function load() {
      const address = pictures?.load(project, asset) ?? Promise.resolve(path(project, asset));
      address.then(
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
  }, [element, pictures, project, asset]);
  return src;
}
