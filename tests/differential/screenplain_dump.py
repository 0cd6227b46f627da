"""Prints screenplain's view of each Fountain file as a line of normalized JSON (see README.md)."""

import io
import json
import re
import sys

from screenplain.parsers.fountain import parse
from screenplain.types import Dialog, DualDialog, Slug, Transition


def fold(text):
    return re.sub(r"\s+", " ", str(text)).strip()


def name_of(cue):
    """A cue's name: the extension at its end removed."""
    return re.sub(r"(\s*\([^()]*\))+$", "", fold(cue)).strip()


def speech(dialog):
    words = (str(text) for parenthetical, text in dialog.blocks if not parenthetical)
    return {"character": name_of(dialog.character), "text": fold(" ".join(words))}


def view(file):
    # Python's own end-of-line translation stays off, so that screenplain sees what is on disk.
    with open(file, encoding="utf-8", newline="") as opened:
        screenplay = parse(io.StringIO(opened.read(), newline=""))
    scenes, dialogue, transitions = [], [], []
    for paragraph in screenplay:
        if isinstance(paragraph, Slug):
            scenes.append(fold(paragraph.line).upper())
        elif isinstance(paragraph, Dialog):
            dialogue.append(speech(paragraph))
        elif isinstance(paragraph, DualDialog):
            dialogue += [speech(paragraph.left), speech(paragraph.right)]
        elif isinstance(paragraph, Transition):
            transitions.append(fold(paragraph.line).upper())
    return {
        "file": file,
        "parser": "screenplain",
        "scenes": scenes,
        "characters": sorted({it["character"] for it in dialogue}),
        "dialogue": dialogue,
        "transitions": transitions,
    }


def main():
    sys.stdout.reconfigure(encoding="utf-8")
    for file in sys.argv[1:]:
        print(json.dumps(view(file), ensure_ascii=False, separators=(",", ":")))


main()
