// Which dialog is on top: the only part of the page that can be reached.
import { createStore, type Store } from "./store.ts";

const layers = createStore<readonly string[]>([]);

/** The page itself is the layer "". */
export const topLayer: Store<readonly string[]> = layers;

export function enter(layer: string): () => void {
  layers.set([...layers.get().filter((it) => it !== layer), layer]);
  return () => layers.set(layers.get().filter((it) => it !== layer));
}
