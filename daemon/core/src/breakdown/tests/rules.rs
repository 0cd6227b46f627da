//! Each rule of the breakdown, told as a scene.

use expect_test::expect;

use super::{check, check_with};

#[test]
fn a_heading_is_established() {
    check(
        "INT. KITCHEN - DAY\n",
        &expect![[r#"
        WS [] 24mm 3000ms line 0
            INT. KITCHEN - DAY
    "#]],
    );
    check(
        "EXT. HARBOR - DAWN\n\nGulls over black water. A crane creaks.\n\nMaya walks.\n",
        &expect![[r#"
            EWS [] 18mm 3000ms line 0
                Gulls over black water. A crane creaks.
            WS [] 24mm 2181ms line 4
                Maya walks.
        "#]],
    );
    check(
        "EXT. HARBOR - DAWN\n\nWIDE ON the harbor.\n\nMAYA\nCold.\n",
        &expect![[r#"
            WS [] 24mm 2181ms line 2
                WIDE ON the harbor.
            MS ["MAYA"] 50mm 1500ms line 4
                MAYA: Cold.
        "#]],
    );
    check(
        "EXT. HARBOR [[shot: crane down, 5s]]\n\nGulls. Seen from above.\n",
        &expect![[r#"
            EWS HIGH <crane down> [] 18mm 5000ms line 0 directed
                Gulls. Seen from above.
        "#]],
    );
}

#[test]
fn the_light_of_a_relative_scene_is_that_before() {
    use crate::fountain::Script;
    use storycore_schema::craft::TimeOfDay;
    let script = Script::parse("INT. A - LATER\n\nINT. B\n\nINT. C - DAY");
    let light = |idx: usize| {
        let heading = script.blocks()[idx].heading.as_ref().unwrap();
        super::time_of_day(heading, Some(TimeOfDay::Night))
    };
    assert_eq!(
        [light(0), light(1), light(2)],
        [Some(TimeOfDay::Night), None, Some(TimeOfDay::Day)]
    );
}

#[test]
fn action_is_framed_by_who_is_in_it() {
    check_with(
        &[
            ("Maya", "MAYA"),
            ("Duval", "MAYA"),
            ("Jonas", "JONAS"),
            ("WAITER", "WAITER"),
            ("日本", "日本"),
        ],
        "INT. BAR - NIGHT\n\nMaya sits at the bar and drinks something that has long been warm.\n\nJonas enters and hangs up his coat on the last free hook.\n\nDuval looks up at Jonas, who says nothing for a while, and waits.\n\nThe waiter, Maya and Jonas watch the door with the others.\n\nA phone rings on the counter.\n\nTears in Maya's eyes, and she does not look away from him now.\n\nMaya runs out into the rain, down the street.\n\nTOM BAKER (40s, tired) pours. BANG! A glass.\n\n日本は走る\n\nmaya waits\n",
        &expect![[r#"
            WS [] 24mm 3000ms line 0
                INT. BAR - NIGHT
            MS ["MAYA"] 50mm 3272ms line 2
                Maya sits at the bar and drinks something that has long been warm.
            MWS ["JONAS"] 35mm 2181ms line 4
                Jonas enters and hangs up his coat on the last free hook.
            2S LOW ["MAYA", "JONAS"] 35mm 3272ms line 6
                Duval looks up at Jonas, who says nothing for a while, and waits.
            MWS ["WAITER", "MAYA", "JONAS"] 35mm 2181ms line 8
                The waiter, Maya and Jonas watch the door with the others.
            INS [] 100mm 2181ms line 10
                A phone rings on the counter.
            CU ["MAYA"] 85mm 3272ms line 12
                Tears in Maya's eyes, and she does not look away from him now.
            WS <tracking> ["MAYA"] 24mm 2181ms line 14
                Maya runs out into the rain, down the street.
            MS ["TOM BAKER"] 50mm 2181ms line 16
                TOM BAKER (40s, tired) pours. BANG! A glass.
            MS ["日本"] 50mm 2181ms line 18
                日本は走る
                maya waits
        "#]],
    );
}

#[test]
fn short_paragraphs_join() {
    check(
        "INT. A\n\nMAYA\nHm.\n\nMaya sits.\n\nShe waits.\n\nNothing.\n\nJonas enters.\n\nJONAS\nHi.\n",
        &expect![[r#"
            WS [] 24mm 3000ms line 0
                INT. A
            MS ["MAYA"] 50mm 1500ms line 2
                MAYA: Hm.
            MS ["MAYA"] 50mm 2181ms line 5
                Maya sits.
                She waits.
                Nothing.
            MWS ["JONAS"] 35mm 2181ms line 11
                Jonas enters.
            2S ["JONAS", "MAYA"] 35mm 1500ms line 13
                JONAS: Hi.
        "#]],
    );
}

#[test]
fn directions_start_shots() {
    check(
        "EXT. ROOF - NIGHT\n\nCLOSE ON MAYA'S HAND\nreaching for the ledge.\nPULL BACK to reveal the city.\nINSERT - the letter.\n\nOVER JONAS'S SHOULDER: Maya falls.\n\nMAYA'S POV - Jonas, far above.\n\nAERIAL SHOT of the roofs.\n\nTRACKING WITH Maya through the crowd. LOW ANGLE.\n\nWe PUSH IN on the door.\n\nGROS PLAN sur la clé.\n\nTRAVELLING AVANT vers Maya.\n\nThe insert is loose.\n\nCLOSE ON:\nThe key.\n\nMAYA\nOh.\n\nJONAS\nNo.\n",
        &expect![[r#"
            EWS [] 18mm 3000ms line 0
                EXT. ROOF - NIGHT
            CU ["MAYA"] 85mm 2181ms line 2
                CLOSE ON MAYA'S HAND reaching for the ledge.
            WS <dolly out> [] 24mm 2181ms line 4
                PULL BACK to reveal the city.
            INS [] 100mm 2181ms line 5
                INSERT - the letter.
            OTS ["MAYA", "JONAS"] 65mm 2181ms line 7
                OVER JONAS'S SHOULDER: Maya falls.
            POV ["JONAS"] 35mm 2181ms line 9
                MAYA'S POV - Jonas, far above.
            EWS HIGH [] 18mm 2181ms line 11
                AERIAL SHOT of the roofs.
            MS LOW <tracking> ["MAYA"] 50mm 2181ms line 13
                TRACKING WITH Maya through the crowd. LOW ANGLE.
            WS <dolly in> [] 24mm 2181ms line 15
                We PUSH IN on the door.
            CU [] 85mm 2181ms line 17
                GROS PLAN sur la clé.
            MS <dolly in> ["MAYA"] 50mm 2181ms line 19
                TRAVELLING AVANT vers Maya.
            WS [] 24mm 2181ms line 21
                The insert is loose.
            CU [] 85mm 2181ms line 23
                CLOSE ON: The key.
            2S ["MAYA", "JONAS"] 35mm 3000ms line 26
                MAYA: Oh.
                JONAS: No.
        "#]],
    );
}

#[test]
fn lists_are_a_shot_an_entry() {
    check(
        "EXT. CITY - DAY\n\nMONTAGE:\n- Maya runs.\n- Jonas drives.\n-- Rain.\n\nA) One.\nB) Two.\n\nMAYA\nx\n\nJONAS\ny\n",
        &expect![[r#"
            EWS [] 18mm 3000ms line 0
                MONTAGE:
            WS <tracking> ["MAYA"] 24mm 2181ms line 3
                - Maya runs.
            MWS ["JONAS"] 35mm 2181ms line 4
                - Jonas drives.
            WS [] 24mm 2181ms line 5
                -- Rain.
            WS [] 24mm 2181ms line 7
                A) One.
            WS [] 24mm 2181ms line 8
                B) Two.
            2S ["MAYA", "JONAS"] 35mm 3000ms line 10
                MAYA: x
                JONAS: y
        "#]],
    );
}

#[test]
fn a_conversation_tightens() {
    check(
        "INT. BAR\n\nMAYA\nYou came.\n\nJONAS\n(sitting)\nI did.\n\nMAYA\nWhy?\n\nJONAS\nMoney.\n\nMAYA\nLiar.\n\nJONAS\nPerhaps.\n\nMAYA\nGo.\n\nJONAS\nNo.\n\nTHIRD\nDrinks?\n\nMAYA\nNo.\n",
        &expect![[r#"
            WS [] 24mm 3000ms line 0
                INT. BAR
            2S ["MAYA", "JONAS"] 35mm 3000ms line 2
                MAYA: You came.
                JONAS: (sitting) I did.
            OTS ["MAYA", "JONAS"] 65mm 1500ms line 9
                MAYA: Why?
            OTS ["JONAS", "MAYA"] 65mm 1500ms line 12
                JONAS: Money.
            MCU ["MAYA"] 65mm 1500ms line 15
                MAYA: Liar.
            MCU ["JONAS"] 65mm 1500ms line 18
                JONAS: Perhaps.
            CU ["MAYA"] 85mm 1500ms line 21
                MAYA: Go.
            CU ["JONAS"] 85mm 1500ms line 24
                JONAS: No.
            2S ["THIRD", "JONAS"] 35mm 1500ms line 27
                THIRD: Drinks?
            2S ["MAYA", "THIRD"] 35mm 1500ms line 30
                MAYA: No.
        "#]],
    );
    let long = "word ".repeat(80);
    check(
        &format!("INT. BAR\n\nMAYA\n{long}\n\nJONAS\nOh.\n\nMAYA\nYes.\n\nMAYA\nYes.\n"),
        &expect![[r#"
            WS [] 24mm 3000ms line 0
                INT. BAR
            CU <dolly in> ["MAYA"] 85mm 32300ms line 2
                MAYA: word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word
            OTS ["JONAS", "MAYA"] 65mm 1500ms line 5
                JONAS: Oh.
            OTS ["MAYA", "JONAS"] 65mm 1500ms line 8
                MAYA: Yes.
            MCU ["MAYA"] 65mm 1500ms line 11
                MAYA: Yes.
        "#]],
    );
    check(
        "INT. BAR\n\nMAYA\nAlone.\n\nMAYA (CONT'D)\nStill.\n\n~Song\n\n> THE END <\n",
        &expect![[r#"
            WS [] 24mm 3000ms line 0
                INT. BAR
            MS ["MAYA"] 50mm 1500ms line 2
                MAYA: Alone.
            MCU ["MAYA"] 65mm 1500ms line 5
                MAYA: Still.
            WS [] 24mm 2181ms line 8
                Song
                THE END
        "#]],
    );
}

#[test]
fn voices_and_duals() {
    check(
        "INT. BAR\n\nMaya listens to the machine on the table, motionless.\n\nJONAS (V.O.)\n(beat)\nI am gone.\n\nMAYA\nGood.\n\nJONAS (hors champ)\nStill here.\n\nMAYA\nWhat?\n\nJONAS ^\nWhat?\n\nFADE OUT.\n",
        &expect![[r#"
            WS [] 24mm 3000ms line 0
                INT. BAR
            MS ["MAYA"] 50mm 2181ms line 2
                Maya listens to the machine on the table, motionless.
            MCU ["MAYA"] 65mm 2500ms line 4
                JONAS: (beat) I am gone.
            MS ["MAYA"] 50mm 1500ms line 8
                MAYA: Good.
            MCU ["MAYA"] 65mm 1500ms line 11
                JONAS: Still here.
            2S ["MAYA", "JONAS"] 35mm 1500ms line 14
                MAYA: What?
                JONAS: What?
        "#]],
    );
}

#[test]
fn notes_direct() {
    check(
        "INT. BAR\n\nMaya drinks, slowly, all of it. [[shot: CU MAYA, 85mm, dolly in, 3s]]\n\n[[shot: over the shoulder, low angle]]\n\nMAYA [[take: hold]]\nYes.\n\nJONAS\n[[shot: 2S jonas MAYA, 1.5 s, handheld]]\n(low)\nNo.\n\nShe goes. [[shot: TOM, close-up, wobbly, 9000mm, 800ms]]\n\nCUT TO:\n\n[[shot: ECU, dutch]]\n",
        &expect![[r#"
            WS [] 24mm 3000ms line 0
                INT. BAR
            CU <dolly in> ["MAYA"] 85mm 3000ms line 2 directed
                Maya drinks, slowly, all of it.
            OTS LOW ["MAYA", "JONAS"] 65mm 1500ms line 6 directed
                MAYA: Yes.
            2S <handheld> ["JONAS", "MAYA"] 35mm 1500ms line 9 directed
                JONAS: (low) No.
            ECU DUTCH ["TOM"] 100mm 800ms line 14 directed
                She goes.
            ! "wobbly": `wobbly` means nothing in a shot note
            ! "9000mm": `9000mm` means nothing in a shot note
        "#]],
    );
    check(
        "INT. BAR\n\n[[shot: static, eye level, banana split]]\n",
        &expect![[r#"
            WS [] 24mm 3000ms line 0 directed
                INT. BAR
            ! "banana": `banana` means nothing in a shot note
            ! "split": `split` means nothing in a shot note
        "#]],
    );
}

#[test]
fn a_note_stands_where_it_likes() {
    check(
        "INT. BAR\n\n[[shot: close up]]\nMaya drinks.\n\nJONAS\n(low)\n[[shot: high]]\n(beat)\nNo. [[a remark]]\n[[shot: low]]\n\nMAYA\nYes.\n",
        &expect![[r#"
            WS [] 24mm 3000ms line 0
                INT. BAR
            CU ["MAYA"] 85mm 2181ms line 2 directed
                Maya drinks.
            2S LOW ["JONAS", "MAYA"] 35mm 1700ms line 5 directed
                JONAS: (low) (beat) No.
            OTS ["MAYA", "JONAS"] 65mm 1500ms line 12
                MAYA: Yes.
        "#]],
    );
    check(
        "\u{feff}FADE IN:\n\nBlack. A voice.\n\n/* INT. GONE */\n\nINT. A\n\n/*\nMAYA\nGone.\n*/\n\nRain. /* gone */ Wind.\n",
        &expect![[r#"
            WS [] 24mm 2181ms line 2
                Black. A voice.
            WS [] 24mm 3000ms line 0
                Rain. Wind.
        "#]],
    );
}

#[test]
fn other_languages() {
    check(
        "INT. CUISINE - NUIT\n\nÉLODIE (30 ans) entre, les mains pleines de courses et de pluie.\n\nÉLODIE\nT'es là ?\n\nLE PÈRE (OFF)\nOui. (un temps) Ici.\n\nLe père sourit à Élodie, et pose la clé sur la table sans un mot.\n\nCONTRE-PLONGÉE sur Élodie.\n\nPLAN D'ENSEMBLE de la rue.\n",
        &expect![[r#"
            WS [] 24mm 3000ms line 0
                INT. CUISINE - NUIT
            MWS ["ÉLODIE"] 35mm 3272ms line 2
                ÉLODIE (30 ans) entre, les mains pleines de courses et de pluie.
            MS ["ÉLODIE"] 50mm 1500ms line 4
                ÉLODIE: T'es là ?
            MCU ["ÉLODIE"] 65mm 2200ms line 7
                LE PÈRE: Oui. (un temps) Ici.
            2S ["LE PÈRE", "ÉLODIE"] 35mm 3272ms line 10
                Le père sourit à Élodie, et pose la clé sur la table sans un mot.
            MS LOW ["ÉLODIE"] 50mm 2181ms line 12
                CONTRE-PLONGÉE sur Élodie.
            EWS [] 18mm 2181ms line 14
                PLAN D'ENSEMBLE de la rue.
        "#]],
    );
}

#[test]
fn a_note_can_hold_the_shot_before_or_open_the_scene() {
    check(
        "INT. KITCHEN - DAY\n\n[[shot: CU MAYA, opens]]\n\nMaya waits.\n\n[[shot: hold]]\n\nMAYA\nWell?\n\nLEO\nWell.\n",
        &expect![[r#"
            CU ["MAYA"] 85mm 3681ms line 4 directed
                Maya waits.
                MAYA: Well?
            2S ["LEO", "MAYA"] 35mm 1500ms line 11
                LEO: Well.
        "#]],
    );
}
