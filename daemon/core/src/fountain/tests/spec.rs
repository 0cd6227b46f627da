//! Every construct of the Fountain syntax, and what writers make of it.

use expect_test::expect;

use super::check;

#[test]
fn title_page() {
    check(
        "Title:\n    _**BRICK & STEEL**_\n    FULL RETIRED\nCredit: Written by\nAuthor: Stu: a man\n\nFADE IN:\n\nINT. A\n",
        &expect![[r#"
            prelude
              Title = ["_**BRICK & STEEL**_", "FULL RETIRED"]
              Credit = ["Written by"]
              Author = ["Stu: a man"]
              6 Action: FADE IN:
            scene INT. | A | - ()
        "#]],
    );
    check(
        "\u{feff}Titre: Été\r\nAuteur : X\r\n\tY\r\n\r\nTexte.\r\n",
        &expect![[r#"
            prelude
              Titre = ["Été"]
              Auteur = ["X", "Y"]
              4 Action: Texte.
        "#]],
    );
    check(
        "FADE IN:\n\nTitle: no\n",
        &expect![[r#"
        prelude
          0 Action: FADE IN:
          2 Action: Title: no
    "#]],
    );
    check(
        "INT. A: B - DAY\n\nx",
        &expect![[r#"
        scene INT. | A: B | DAY (DAY)
          2 Action: x
    "#]],
    );
}

#[test]
fn headings() {
    check(
        "INT. KITCHEN - DAY\n\nEXT FOREST, NIGHT\n\nEST. CITY - DAWN\n\nint./ext. car - dusk #12A#\n\nINT/EXT. CAR\n\nI/E BOAT - MORNING\n\nI. said no\n\nEXTRA. no\n",
        &expect![[r#"
            scene INT. | KITCHEN | DAY (DAY)
            scene EXT. | FOREST | NIGHT (NIGHT)
            scene EXT. | CITY | DAWN (DAWN)
            scene INT./EXT. | car | DUSK (dusk) #12A
            scene INT./EXT. | CAR | - ()
            scene INT./EXT. | BOAT | MORNING (MORNING)
              2 Action: I. said no
              4 Action: EXTRA. no
        "#]],
    );
    check(
        ".SNIPER SCOPE POV #I-1-A#\n\n...and no\n\n.. no\n\n. no\n\nText\nINT. NOT AFTER TEXT\n\nINT. B\nText at once.\n\nInt. C\n[[note]]\n\nInt. D\nText.\n",
        &expect![[r#"
            scene - | SNIPER SCOPE POV | - () #I-1-A forced
              2 Action: ...and no
              4 Action: .. no
              6 Action: . no
              8 Action: Text INT. NOT AFTER TEXT
              11 Character "INT. B" []: INT. B
              12 Dialogue: Text at once.
              ! CrowdedHeading "INT. NOT AFTER TEXT"
              ! CrowdedHeading "INT. B"
            scene INT. | C | - ()
              1 Note: 
                  note "note"
              3 Action: Int. D Text.
              ! CrowdedHeading "Int. D"
        "#]],
    );
}

#[test]
fn places_and_times() {
    check(
        "INT. MAYA'S FLAT - KITCHEN - NIGHT - LATER\n\nINT. ROOM - CONTINUOUS\n\nINT. ROOM - MOMENTS LATER\n\nINT. BAR - NIGHT (FLASHBACK)\n\nEXT. A - SAME\n\nINT. DAY ROOM - WARD 12\n\nINT. X (NIGHT)\n\nINT. NIGHT\n\n.LATER\n\nEXT. A — DAY 2\n",
        &expect![[r#"
            scene INT. | MAYA'S FLAT - KITCHEN | NIGHT (NIGHT - LATER)
            scene INT. | ROOM | - (CONTINUOUS)
            scene INT. | ROOM | - (MOMENTS LATER)
            scene INT. | BAR | NIGHT (NIGHT (FLASHBACK))
            scene EXT. | A | - (SAME)
            scene INT. | DAY ROOM - WARD 12 | - ()
            scene INT. | X | NIGHT (NIGHT)
            scene INT. |  | NIGHT (NIGHT)
            scene - |  | - (LATER) forced
            scene EXT. | A | DAY (DAY 2)
        "#]],
    );
    check(
        "INT. CUISINE - JOUR\n\nEXT. RUE – NUIT\n\nINT. CAFÉ. SOIR\n\nEXT. PONT - FIN D'APRÈS-MIDI\n\nEXT. MER - CRÉPUSCULE\n\nEXT. MER - LEVER DU SOLEIL\n\nINT. LIT - PLUS TARD\n\nEXT. CALLE - MAÑANA\n\nEXT. CALLE - DÍA\n\nINT. HAUS - MORGENDÄMMERUNG\n\nINT. HAUS - NACHT\n\nINT. CASA - POMERIGGIO\n\nINT. CASA - NOTTE\n",
        &expect![[r#"
            scene INT. | CUISINE | DAY (JOUR)
            scene EXT. | RUE | NIGHT (NUIT)
            scene INT. | CAFÉ | EVENING (SOIR)
            scene EXT. | PONT | AFTERNOON (FIN D'APRÈS-MIDI)
            scene EXT. | MER | DUSK (CRÉPUSCULE)
            scene EXT. | MER | DAWN (LEVER DU SOLEIL)
            scene INT. | LIT | - (PLUS TARD)
            scene EXT. | CALLE | MORNING (MAÑANA)
            scene EXT. | CALLE | DAY (DÍA)
            scene INT. | HAUS | DAWN (MORGENDÄMMERUNG)
            scene INT. | HAUS | NIGHT (NACHT)
            scene INT. | CASA | AFTERNOON (POMERIGGIO)
            scene INT. | CASA | NIGHT (NOTTE)
        "#]],
    );
}

#[test]
fn scene_numbers() {
    check(
        "INT. A #\n\nINT. A ##\n\nINT. A # 12 #\n\nINT. A #12\n\nINT. ROOM #4 - DAY\n\nINT. ROOM #4 - DAY #4#\n",
        &expect![[r#"
            scene INT. | A # | - ()
              ! MalformedSceneNumber "INT. A #"
            scene INT. | A ## | - ()
              ! MalformedSceneNumber "INT. A ##"
            scene INT. | A # 12 # | - ()
              ! MalformedSceneNumber "INT. A # 12 #"
            scene INT. | A #12 | - ()
              ! MalformedSceneNumber "INT. A #12"
            scene INT. | ROOM #4 | DAY (DAY)
            scene INT. | ROOM #4 | DAY (DAY) #4
        "#]],
    );
}

#[test]
fn cues_and_speeches() {
    check(
        "MAYA\nHello.\n\nMAYA (V.O.) (CONT'D)\n(softly)\nA\nB\n(beat)\nC\n\n@McAvoy\nYes.\n\nÉLODIE\nOui.\n\nМАША\nДа.\n\nΜΑΡΊΑ\nΝαι.\n\nR2D2\nBeep.\n\n1234\nNo.\n\n日本\nいいえ。\n\n@日本\nはい。\n\nMom\nNo.\n",
        &expect![[r#"
            prelude
              0 Character "MAYA" []: MAYA
              1 Dialogue: Hello.
              3 Character "MAYA" ["V.O.", "CONT'D"]: MAYA (V.O.) (CONT'D)
              4 Parenthetical: (softly)
              5 Dialogue: A B
              7 Parenthetical: (beat)
              8 Dialogue: C
              10 Character "McAvoy" [] forced: McAvoy
              11 Dialogue: Yes.
              13 Character "ÉLODIE" []: ÉLODIE
              14 Dialogue: Oui.
              16 Character "МАША" []: МАША
              17 Dialogue: Да.
              19 Character "ΜΑΡΊΑ" []: ΜΑΡΊΑ
              20 Dialogue: Ναι.
              22 Character "R2D2" []: R2D2
              23 Dialogue: Beep.
              25 Action: 1234 No.
              28 Action: 日本 いいえ。
              31 Character "日本" [] forced: 日本
              32 Dialogue: はい。
              34 Action: Mom No.
        "#]],
    );
    check(
        "MAYA\n\nNo speech.\n\nText\nMAYA\nno\n\nHANS (on the radio)\nDa.\n",
        &expect![[r#"
            prelude
              0 Action: MAYA
              2 Action: No speech.
              4 Action: Text MAYA no
              8 Character "HANS" ["on the radio"]: HANS (on the radio)
              9 Dialogue: Da.
        "#]],
    );
    check(
        "DEALER\nTen.\nFour.\n  \nHit or stand?\n\nMonkey.\n",
        &expect![[r#"
            prelude
              0 Character "DEALER" []: DEALER
              1 Dialogue: Ten. Four. Hit or stand?
              6 Action: Monkey.
        "#]],
    );
    check(
        "BRICK\nScrew.\n\nSTEEL ^\nScrew.\n\nSTEEL (O.S.)^\nx\n",
        &expect![[r#"
            prelude
              0 Character "BRICK" []: BRICK
              1 Dialogue: Screw.
              3 Character "STEEL" [] dual: STEEL
              4 Dialogue: Screw.
              6 Character "STEEL" ["O.S."] dual: STEEL (O.S.)
              7 Dialogue: x
        "#]],
    );
    check(
        "MAYA\n~La la\n~la\nSpoken.\n\n~Sung alone\n",
        &expect![[r#"
        prelude
          0 Character "MAYA" []: MAYA
          1 Lyrics: La la la
          3 Dialogue: Spoken.
          5 Lyrics: Sung alone
    "#]],
    );
}

#[test]
fn action() {
    check(
        "They drink.\nLong.\n\n\tIndented  text.\n\n!SCANNING\nMore\n\n!MAYA\nno speech\n",
        &expect![[r#"
            prelude
              0 Action: They drink. Long.
              3 Action: Indented text.
              5 Action: SCANNING More
              8 Action: MAYA no speech
        "#]],
    );
}

#[test]
fn transitions_and_centered() {
    check(
        "x\n\nCUT TO:\n\nSMASH CUT TO:\nnot alone\n\nJUMP CUT TO: \n\n> Burn to white.\n\n>THE END<\n> centered <\n\nFADE OUT.\n",
        &expect![[r#"
            prelude
              0 Action: x
              2 Transition: CUT TO:
              4 Character "SMASH CUT TO:" []: SMASH CUT TO:
              5 Dialogue: not alone
              7 Action: JUMP CUT TO:
              9 Transition: Burn to white.
              11 Centered: THE END
              12 Centered: centered
              14 Action: FADE OUT.
        "#]],
    );
}

#[test]
fn sections_synopses_and_page_breaks() {
    check(
        "# Act\n## Sequence\n\n= What happens.\n\n===\n\n==\n\n=====\ntext\n",
        &expect![[r#"
            prelude
              0 Section(1): Act
              1 Section(2): Sequence
              3 Synopsis: What happens.
              5 PageBreak: ==
              7 Synopsis: =
              9 PageBreak: ====
              10 Action: text
        "#]],
    );
}

#[test]
fn emphasis() {
    check(
        "*italic* **bold** ***both*** _under_ _*mix **in** it*_\n\na * b * c\n\n\\*plain\\* and *open\nacross* lines\n\n*a **b***\n\n**** row ****\n\nsnake_case_name\n",
        &expect![[r#"
            prelude
              0 Action: italic bold both under mix in it
                  Italic "italic"
                  Bold "bold"
                  BoldItalic "both"
                  Underline "under"
                  Underline "*mix **in** it*"
                  Italic "mix **in** it"
                  Bold "in"
              2 Action: a * b * c
              4 Action: *plain* and *open across* lines
              7 Action: a b
                  Italic "a **b**"
                  Bold "b"
              9 Action: **** row ****
              11 Action: snake_case_name
        "#]],
    );
}

#[test]
fn emphasis_in_emphasis() {
    check(
        "***a** b* and ***a* b**\n\n*a **b*** and **a *b***\n\n***a** b\n\n***a* b\n\n*a ***b** c\n",
        &expect![[r#"
            prelude
              0 Action: a b and a b
                  Italic "**a** b"
                  Bold "a"
                  Bold "*a* b"
                  Italic "a"
              2 Action: a b and a b
                  Italic "a **b**"
                  Bold "b"
                  Bold "a *b*"
                  Italic "b"
              4 Action: *a b
                  Bold "a"
              6 Action: **a b
                  Italic "a"
              8 Action: *a *b c
                  Bold "b"
        "#]],
    );
}

#[test]
fn notes() {
    check(
        "Text [[one]] and [[two\nlines]] more.\n\n[[alone]]\n\nText\n[[below]]\n\n[[open\n\nText ]] no\n\n[[with\n  \nblank]]\n\nMAYA [[who]]\n[[how]]\nHello [[x]].\n",
        &expect![[r#"
            prelude
              0 Action: Text and more.
                  note "one"
                  note "two\nlines"
              3 Note: 
                  note "alone"
              5 Action: Text
                  note "below"
              8 Action: [[open
              10 Action: Text ]] no
              12 Note: 
                  note "with\n  \nblank"
              16 Character "MAYA" []: MAYA
                  note "who"
              17 Dialogue: Hello .
                  note "how"
                  note "x"
              ! UnclosedNote "[["
        "#]],
    );
}

#[test]
fn boneyards() {
    check(
        "INT. A\n\nx /* gone */ y\n\n/*\nINT. GONE\n\nGone.\n*/\n\nText\n/* hidden */\nmore\n\nINT. B /* not */ - DAY\n\nx /* open\n\nINT. C\n\ny\n",
        &expect![[r#"
            scene INT. | A | - ()
              2 Action: x y
              4 Boneyard: 
              10 Action: Text more
            scene INT. | B | DAY (DAY)
              2 Action: x /* open
              ! UnclosedBoneyard "/*"
            scene INT. | C | - ()
              2 Action: y
        "#]],
    );
    check(
        "/* x */\nINT. A\n\ny\n\n/* a\n\n*/ INT. NO\n\nMAYA\n/* cut */\nHello.\n/* cut */\n",
        &expect![[r#"
            prelude
              0 Boneyard: 
            scene INT. | A | - ()
              2 Action: y
              4 Boneyard: 
              6 Action: INT. NO
              8 Character "MAYA" []: MAYA
              9 Boneyard: 
              10 Dialogue: Hello.
              11 Boneyard: 
        "#]],
    );
    check(
        "x\n\nCUT TO:\n/* in two\nlines */\n/* more */\n\nA SHOUT\n/* gone */\n\nA SHOUT\n/* last */\n",
        &expect![[r#"
            prelude
              0 Action: x
              2 Transition: CUT TO:
              3 Boneyard: 
              7 Action: A SHOUT
              8 Boneyard: 
              10 Action: A SHOUT
              11 Boneyard: 
        "#]],
    );
}

#[test]
fn line_ends() {
    check(
        "INT. A\r\n\r\nMAYA\r\nHi.\r\rINT. B\r\rx\n\r\ny",
        &expect![[r#"
            scene INT. | A | - ()
              2 Character "MAYA" []: MAYA
              3 Dialogue: Hi.
            scene INT. | B | - ()
              2 Action: x
              4 Action: y
        "#]],
    );
    check("", &expect![[r#""#]]);
    check(
        "\u{feff}",
        &expect![[r#"
        prelude
    "#]],
    );
    check(
        "\u{feff}INT. A",
        &expect![[r#"
        scene INT. | A | - ()
    "#]],
    );
}
