// How close pictures are looked at, and which part of them: one place for all that are compared.
import { useCallback, useRef, useState, type CSSProperties, type PointerEvent } from "react";

export interface Zoom {
  /** 1 shows the whole picture. */
  readonly scale: number;
  /** How far the picture is moved, as a share of its size. */
  readonly x: number;
  readonly y: number;
}

const scaleMax = 16;
/** One press of a key or a button. */
const scaleStep = 1.5;
/** Scale per pixel of a wheel. */
const wheelScale = 1.0018;

export const whole: Zoom = { scale: 1, x: 0, y: 0 };

/** Zooms to another scale; the point `at`, as a share of the frame, stays where it is. */
export function zoomTo({ scale, x, y }: Zoom, to: number, at = { x: 0.5, y: 0.5 }): Zoom {
  const next = Math.min(Math.max(to, 1), scaleMax);
  const by = next / scale;
  return keepInFrame({ scale: next, x: at.x - (at.x - x) * by, y: at.y - (at.y - y) * by });
}

export function moveBy(zoom: Zoom, x: number, y: number): Zoom {
  return keepInFrame({ ...zoom, x: zoom.x + x, y: zoom.y + y });
}

// No edge of the picture comes into the frame.
function keepInFrame({ scale, x, y }: Zoom): Zoom {
  const inside = (it: number) => Math.min(Math.max(it, 1 - scale), 0);
  return { scale, x: inside(x), y: inside(y) };
}

export interface ZoomControl {
  readonly zoom: Zoom;
  readonly closer: () => void;
  readonly farther: () => void;
  readonly reset: () => void;
  /** For the element around a picture. */
  readonly frame: {
    ref(element: HTMLElement | null): (() => void) | undefined;
    onPointerDown(event: PointerEvent): void;
    onPointerMove(event: PointerEvent): void;
    onPointerUp(event: PointerEvent): void;
  };
  /** For the element that holds the picture. */
  readonly style: CSSProperties;
}

export function useZoom(): ZoomControl {
  const [zoom, setZoom] = useState(whole);
  const from = useRef<{ x: number; y: number } | null>(null);
  const { scale, x, y } = zoom;
  const listen = useCallback((element: HTMLElement | null) => {
    if (element === null) return undefined;
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      // Else the browser zooms the whole page; it says so only to a listener that is not React's.
      event.preventDefault();
      const at = shareOf(event, element);
      setZoom((it) => zoomTo(it, it.scale * wheelScale ** -event.deltaY, at));
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, []);
  return {
    zoom,
    closer: () => setZoom((it) => zoomTo(it, it.scale * scaleStep)),
    farther: () => setZoom((it) => zoomTo(it, it.scale / scaleStep)),
    reset: () => setZoom(whole),
    frame: {
      ref: listen,
      onPointerDown(event) {
        if (scale === 1 || event.button !== 0) return;
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = shareOf(event, event.currentTarget);
      },
      onPointerMove(event) {
        if (from.current === null) return;
        const [before, at] = [from.current, shareOf(event, event.currentTarget)];
        from.current = at;
        setZoom((it) => moveBy(it, at.x - before.x, at.y - before.y));
      },
      onPointerUp: () => void (from.current = null),
    },
    style: { transform: `translate(${x * 100}%, ${y * 100}%) scale(${scale})`, transformOrigin: "0 0" },
  };
}

function shareOf({ clientX, clientY }: { clientX: number; clientY: number }, element: Element): { x: number; y: number } {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: (clientX - left) / Math.max(width, 1), y: (clientY - top) / Math.max(height, 1) };
}
