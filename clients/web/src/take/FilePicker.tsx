// Brings in drawings and photos from a folder.
import { useId, useRef } from "react";
import type { ShotId } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { useHindrance } from "../connection/useHindrance.ts";
import { Icon } from "../Icon.tsx";
import { useImports } from "./imports.ts";

export function FilePicker({ shot, label }: { readonly shot: ShotId; readonly label: string }) {
  const imports = useImports();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className="add-take">
      <ActionButton
        className="add-take-button"
        reason={useHindrance("take/import")}
        title={`A drawing or a photo as a take of ${label}; or drop files here`}
        onAction={() => input.current?.click()}
      >
        <Icon name="add" />
        Add a picture
      </ActionButton>
      <input
        id={id}
        ref={input}
        type="file"
        accept="image/*"
        multiple
        hidden
        aria-label={`Pictures for ${label}`}
        onChange={(event) => {
          imports.add(shot, [...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
    </div>
  );
}
