// What two takes differ in, in the daemon's words.
import { useEffect, useState } from "react";
import type { PictureDifference, TakeComparison } from "@storycore/client";

import { useSession } from "../connection/session.ts";
import { useFilm } from "../project/film.ts";
import type { NumberedTake } from "./takes.ts";

export function CompareWords({ a, b }: { readonly a: NumberedTake; readonly b: NumberedTake }) {
  const session = useSession();
  const project = useFilm().id;
  const [told, setTold] = useState<TakeComparison | null | undefined>(undefined);
  // Asks again when another take is picked.
  useEffect(() => {
    let wanted = true;
    void session.ask("take/compare", { project, a: a.id, b: b.id }).then((answer) => {
      if (wanted) setTold(answer);
    });
    return () => {
      wanted = false;
    };
  }, [session, project, a.id, b.id]);
  if (told === null) return <p className="compare-words">What differs cannot be told now.</p>;
  if (told === undefined || told.a.id !== a.id || told.b.id !== b.id) return <p className="compare-words">Comparing…</p>;
  const words = [...told.asked.map((it) => it.message), ...told.made, pictureWords(told.pictures)];
  return (
    <ul className="compare-words" aria-label="What differs">
      {words.map((it) => (
        <li key={it}>{it}</li>
      ))}
    </ul>
  );
}

function pictureWords(pictures: PictureDifference): string {
  switch (pictures.type) {
    case "same":
      return "the pictures are the same";
    case "measured":
      return `${percent(pictures.differingPpm)} of the pixels differ`;
    case "notMeasured":
      return `the pictures were not compared: ${pictures.why}`;
  }
}

function percent(ppm: number): string {
  const share = ppm / 10_000;
  if (ppm > 0 && share < 0.1) return "less than 0.1%";
  return `${share < 10 ? share.toFixed(1) : share.toFixed(0)}%`;
}
