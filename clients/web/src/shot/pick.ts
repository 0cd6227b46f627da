// The shots and scenes of the script, to pick one from.
import type { PickOption } from "../PickDialog.tsx";
import { useFilm } from "../project/film.ts";
import { framings } from "./craft.ts";

/** Read when somebody begins to pick: a film may have thousands. */
export function usePlacedShots(): () => PickOption[] {
  const film = useFilm();
  return () => {
    const { project, generation } = film.state.get();
    const { shots, places } = film.order(project);
    return shots.flatMap((id) => {
      const shot = project.shots[id];
      if (!shot) return [];
      const words = shot.lines.map((it) => `${it.speaker ?? ""} ${it.text}`.trim()).join(" ");
      const heading = project.scenes[shot.sceneId]?.heading ?? "";
      const asset = shot.take == null ? null : (generation.takes[shot.take]?.asset ?? null);
      return [{ id, label: places.get(id)?.label ?? "", head: framings[shot.framing].short, words, about: heading, asset }];
    });
  };
}

export function usePlacedScenes(): () => PickOption[] {
  const film = useFilm();
  return () => {
    const { project } = film.state.get();
    return film.order(project).scenes.map(({ id, number, shots }) => {
      const lines = shots.flatMap((shot) => project.shots[shot]?.lines ?? []);
      const words = lines.slice(0, 3).map((it) => `${it.speaker ?? ""} ${it.text}`.trim()).join(" ");
      return { id, label: number, head: project.scenes[id]?.heading ?? "", words, about: "" };
    });
  };
}
