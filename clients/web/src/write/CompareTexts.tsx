// What is on disk beside what was written here; what is taken over goes to the right, and is saved.
import { MergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { useCallback, useRef } from "react";

import { ActionButton } from "../ActionButton.tsx";
import { Dialog } from "../Dialog.tsx";
import { compared } from "./editor/theme.ts";

interface Props {
  readonly disk: string;
  readonly mine: string;
  readonly hindrance: string | null;
  readonly onSettle: (text: string) => void;
  readonly onClose: () => void;
}

export function CompareTexts({ disk, mine, hindrance, onSettle, onClose }: Props) {
  const merge = useRef<MergeView | null>(null);
  const first = useRef({ disk, mine });
  const place = useCallback((element: HTMLDivElement) => {
    const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    const shared = [compared, EditorView.lineWrapping];
    const view = new MergeView({
      a: { doc: first.current.disk, extensions: [shared, EditorState.readOnly.of(true), EditorView.contentAttributes.of({ "aria-label": "On disk" })] },
      b: { doc: first.current.mine, extensions: [shared, history(), keymap.of([...historyKeymap, ...defaultKeymap]), EditorView.contentAttributes.of({ "aria-label": "Yours" })] },
      parent: root,
      root,
      revertControls: "a-to-b",
      renderRevertControl: takeOver,
      collapseUnchanged: { margin: 4, minSize: 6 },
    });
    merge.current = view;
    return () => view.destroy();
  }, []);
  return (
    <Dialog className="compare-texts" label="Both versions of the script" onClose={onClose}>
      <div className="compare-heads">
        <h2>On disk</h2>
        <h2>Yours, to be saved</h2>
      </div>
      <div className="compare-place" ref={place} />
      <div className="compare-actions">
        <p>An arrow takes a passage from disk into yours. You can type on the right, too.</p>
        <button type="button" className="quiet" onClick={onClose}>
          Not yet
        </button>
        <ActionButton className="button" reason={hindrance} onAction={() => onSettle(merge.current?.b.state.doc.toString() ?? mine)}>
          Save the right side
        </ActionButton>
      </div>
    </Dialog>
  );
}

function takeOver(): HTMLElement {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "→";
  button.title = "Take this passage from disk";
  button.setAttribute("aria-label", button.title);
  return button;
}
