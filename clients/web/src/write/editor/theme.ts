// The screenplay under the writer's hands, in the page's own colors. It stands in a shadow tree, where
// style sheets that are made by a script need no exception from the page's Content-Security-Policy.
import { EditorView } from "@codemirror/view";

const wash = (color: string, percent: number) => `color-mix(in oklab, var(${color}) ${percent}%, transparent)`;
const squiggle = { textDecoration: "underline wavy", textUnderlineOffset: "3px", textDecorationThickness: "1px", backgroundImage: "none", paddingBottom: "0" };

const page = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { font: "400 15px/1.5 var(--typed)", overflow: "auto", scrollbarColor: "var(--line-strong) transparent", scrollbarWidth: "thin" },
  ".cm-content": { flex: "0 1 640px", minWidth: "0", margin: "0 auto", padding: "22px 0 45vh", caretColor: "var(--accent)" },
  ".cm-line": { padding: "0 22px 0 14px", borderLeft: "2px solid transparent" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: wash("--accent", 26) },
  ".cm-activeLine": { backgroundColor: wash("--ink", 4) },
  ".cm-gutters": { border: "0", backgroundColor: "transparent", color: "var(--ink-faint)" },
  ".cm-foldGutter .cm-gutterElement": { width: "18px", textAlign: "center", cursor: "pointer" },
  ".cm-fold": { opacity: "0", transition: "opacity var(--swift)" },
  ".cm-gutters:hover .cm-fold, .cm-fold[data-folded]": { opacity: "1" },
  ".cm-foldPlaceholder": { margin: "0 6px", padding: "0 7px", border: "0", borderRadius: "8px", backgroundColor: wash("--ink", 9), color: "var(--ink-soft)" },
  ".cm-searchMatch": { backgroundColor: wash("--stale-mark", 30) },
  ".cm-searchMatch-selected": { backgroundColor: wash("--stale-mark", 62) },
});

const screenplay = EditorView.theme({
  ".cm-line.cm-heading": { fontWeight: "700", paddingTop: "10px" },
  ".cm-line.cm-cue": { paddingInlineStart: "37%" },
  ".cm-line.cm-parenthetical": { paddingInline: "27% 20%", color: "var(--ink-soft)" },
  ".cm-line.cm-dialogue": { paddingInline: "17% 14%" },
  ".cm-line.cm-transition": { textAlign: "end", color: "var(--ink-soft)" },
  ".cm-line.cm-centered": { textAlign: "center" },
  ".cm-line.cm-section": { color: "var(--accent)", fontWeight: "700" },
  ".cm-note": { color: "var(--ink-faint)", fontStyle: "italic" },
  ".cm-shot": { color: "var(--accent)" },
  ".cm-key": { color: "var(--ink-faint)" },
  ".cm-hint": { marginInlineStart: "14px", color: "var(--ink-faint)", font: "400 11px/1 var(--voice)", fontVariantNumeric: "tabular-nums", whiteSpace: "nowrap" },
  ".cm-line.cm-selected-shot": { borderLeftColor: "var(--accent)", backgroundColor: wash("--accent-wash", 70) },
  ".cm-line.cm-selected-shot.cm-activeLine": { backgroundColor: "var(--accent-wash)" },
});

const problems = EditorView.theme({
  ".cm-lintRange-error": { ...squiggle, textDecorationColor: "var(--error)" },
  ".cm-lintRange-warning": { ...squiggle, textDecorationColor: "var(--stale-mark)" },
  ".cm-lintRange-info": { ...squiggle, textDecorationColor: "var(--accent)" },
  ".cm-lintRange-hint": { ...squiggle, textDecoration: "underline dotted", textDecorationColor: "var(--ink-faint)" },
  ".cm-lintRange-active": { backgroundColor: wash("--stale-mark", 16) },
  ".cm-lintPoint:after": { display: "none" },
  ".cm-diagnostic": { padding: "9px 14px", borderLeft: "3px solid var(--line-strong)", whiteSpace: "pre-wrap" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--error)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--stale-mark)" },
  ".cm-diagnostic-info": { borderLeftColor: "var(--accent)" },
  ".cm-diagnostic p": { margin: "0" },
  ".cm-problem-hint": { color: "var(--ink-soft)" },
});

const floating = EditorView.theme({
  ".cm-tooltip": { maxWidth: "min(46ch, 90vw)", overflow: "hidden", border: "0", borderRadius: "5px", backgroundColor: "var(--raised)", color: "var(--ink)", boxShadow: "0 0 0 1px var(--line), 0 8px 30px rgb(0 0 0 / 22%)", font: "400 13px/1.45 var(--voice)" },
  ".cm-tooltip-section:not(:first-child)": { borderTop: "1px solid var(--line)" },
  ".cm-lsp-hover-tooltip": { padding: "9px 14px", overflow: "auto", maxHeight: "40vh" },
  ".cm-lsp-documentation p": { margin: "0 0 5px" },
  ".cm-lsp-documentation p:last-child": { margin: "0" },
  ".cm-lsp-documentation h1, .cm-lsp-documentation h2, .cm-lsp-documentation h3": { margin: "0 0 4px", fontSize: "13px" },
  ".cm-lsp-documentation ul": { margin: "4px 0", paddingInlineStart: "18px" },
  ".cm-lsp-documentation code": { font: "400 13px/1.4 var(--typed)" },
  ".cm-lsp-documentation img": { display: "block", maxWidth: "100%", marginTop: "6px", borderRadius: "var(--corner)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { maxHeight: "15em", fontFamily: "var(--typed)", fontSize: "14px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "4px 14px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent-wash)", color: "var(--ink)" },
  ".cm-completionMatchedText": { textDecoration: "none", color: "var(--accent)", fontWeight: "700" },
  ".cm-completionDetail": { color: "var(--ink-faint)", font: "400 12px/1.4 var(--voice)" },
  ".cm-deeds": { display: "grid", padding: "4px" },
  ".cm-deed": { display: "block", minHeight: "28px", margin: "4px 6px 0 0", padding: "0 10px", border: "0", borderRadius: "var(--corner)", background: wash("--ink", 8), color: "var(--ink)", font: "500 13px/28px var(--voice)", textAlign: "start", cursor: "pointer" },
  ".cm-deeds .cm-deed": { margin: "0", background: "none", fontWeight: "400" },
  ".cm-deed:hover, .cm-deeds .cm-deed:focus": { background: "var(--accent-wash)", outline: "none" },
});

const panels = EditorView.theme({
  ".cm-panels": { zIndex: "3", borderColor: "var(--line)", backgroundColor: "var(--surface)", color: "var(--ink)", font: "400 13px/1.5 var(--voice)" },
  ".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panels.cm-panels-bottom": { borderTop: "1px solid var(--line)" },
  ".cm-panel": { padding: "8px 14px", fontSize: "13px" },
  ".cm-panel label": { fontSize: "13px", color: "var(--ink-soft)" },
  ".cm-panel input:not([type=checkbox])": { height: "28px", margin: "0 8px", padding: "0 8px", border: "1px solid var(--line-strong)", borderRadius: "var(--corner)", backgroundColor: "var(--raised)", color: "var(--ink)", font: "400 14px/1 var(--typed)" },
  ".cm-panel button": { minHeight: "28px", padding: "0 10px", border: "0", borderRadius: "var(--corner)", background: wash("--ink", 8), color: "var(--ink)", font: "500 13px/1 var(--voice)", cursor: "pointer" },
  ".cm-panel button:hover": { background: wash("--ink", 14) },
  ".cm-panel :focus-visible": { outline: "2px solid var(--accent)", outlineOffset: "0" },
  ".cm-panel [name=close]": { background: "none", fontSize: "16px", color: "var(--ink-soft)" },
});

const merged = EditorView.theme({
  ".cm-changedLine": { backgroundColor: `${wash("--accent", 12)} !important` },
  ".cm-changedText": { background: `${wash("--accent", 28)} !important`, borderRadius: "2px" },
  ".cm-deletedChunk": { backgroundColor: wash("--stale-mark", 14) },
  "&.cm-merge-a .cm-changedLineGutter": { background: "var(--stale-mark)" },
  "&.cm-merge-b .cm-changedLineGutter": { background: "var(--accent)" },
  "&.cm-merge-a .cm-changedLine": { backgroundColor: `${wash("--stale-mark", 10)} !important` },
  "&.cm-merge-a .cm-changedText": { background: `${wash("--stale-mark", 30)} !important` },
  ".cm-content": { padding: "0" },
  ".cm-collapsedLines:before, .cm-collapsedLines:after": { content: "''", margin: "0" },
  ".cm-collapsedLines": { padding: "6px 14px", background: wash("--ink", 5), color: "var(--ink-soft)", font: "400 12px/1.4 var(--voice)" },
});

export const look = [screenplay, problems, floating, panels, page];
/** Beside it, for two texts next to each other. */
export const compared = [merged, page];
