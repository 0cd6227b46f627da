//! The words of the craft: how a shot is framed, seen, lit and moved. Closed lists, so that every
//! client, renderer and add-on means the same by them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! craft_words {
    ($($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $word_doc:literal])+ $word:ident = $short:literal | $spoken:literal,)+ })+) => { $(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase")]
        pub enum $name { $($(#[doc = $word_doc])+ $word,)+ }

        impl $name {
            /// Every word of the list, in its usual order.
            pub const ALL: &[$name] = &[$($name::$word),+];
            /// What a shot list prints: `MCU`.
            pub fn short(self) -> &'static str { match self { $($name::$word => $short),+ } }
            /// What a person says: `medium close-up`.
            pub fn spoken(self) -> &'static str { match self { $($name::$word => $spoken),+ } }
        }
    )+ };
}

craft_words! {
    /// How much of the subject the frame holds.
    Framing {
        /// A detail: an eye, a key in a lock.
        ExtremeCloseUp = "ECU" | "extreme close-up",
        /// A face fills the frame.
        CloseUp = "CU" | "close-up",
        /// Head and shoulders.
        MediumCloseUp = "MCU" | "medium close-up",
        /// From the waist up.
        Medium = "MS" | "medium shot",
        /// From the knees up.
        MediumWide = "MWS" | "medium wide shot",
        /// The whole body and some of the place.
        Wide = "WS" | "wide shot",
        /// The place, with people small in it.
        ExtremeWide = "EWS" | "extreme wide shot",
        /// One person past the shoulder of another.
        OverTheShoulder = "OTS" | "over the shoulder",
        /// Two people in one frame.
        TwoShot = "2S" | "two-shot",
        /// An object or a detail, cut in.
        Insert = "INS" | "insert",
        /// What the subject sees.
        PointOfView = "POV" | "point of view",
    }

    /// Where the camera stands, above or below the eyes of its subject.
    Angle {
        /// At the height of the eyes.
        EyeLevel = "EYE" | "eye level",
        /// From below, looking up.
        Low = "LOW" | "low angle",
        /// From above, looking down.
        High = "HIGH" | "high angle",
        /// Straight down.
        Overhead = "TOP" | "overhead",
        /// With a tilted horizon.
        Dutch = "DUTCH" | "Dutch angle",
    }

    /// How the camera moves during the shot.
    Movement {
        /// It does not.
        Static = "static" | "static",
        /// It turns to the left.
        PanLeft = "pan left" | "pan left",
        /// It turns to the right.
        PanRight = "pan right" | "pan right",
        /// It tilts up.
        TiltUp = "tilt up" | "tilt up",
        /// It tilts down.
        TiltDown = "tilt down" | "tilt down",
        /// It rolls towards the subject.
        DollyIn = "dolly in" | "dolly in",
        /// It rolls away from the subject.
        DollyOut = "dolly out" | "dolly out",
        /// It travels sideways to the left.
        TruckLeft = "truck left" | "truck left",
        /// It travels sideways to the right.
        TruckRight = "truck right" | "truck right",
        /// It follows the subject.
        Tracking = "tracking" | "tracking",
        /// It rises.
        CraneUp = "crane up" | "crane up",
        /// It sinks.
        CraneDown = "crane down" | "crane down",
        /// The lens closes in.
        ZoomIn = "zoom in" | "zoom in",
        /// The lens opens up.
        ZoomOut = "zoom out" | "zoom out",
        /// It is carried in the hand.
        Handheld = "handheld" | "handheld",
    }

    /// Inside or outside.
    Setting {
        /// INT.
        Interior = "INT." | "interior",
        /// EXT.
        Exterior = "EXT." | "exterior",
        /// INT./EXT.
        InteriorExterior = "INT./EXT." | "interior and exterior",
    }

    /// The light the heading asks for.
    TimeOfDay {
        /// Before sunrise.
        Dawn = "DAWN" | "dawn",
        /// Morning light.
        Morning = "MORNING" | "morning",
        /// Daylight.
        Day = "DAY" | "day",
        /// Afternoon light.
        Afternoon = "AFTERNOON" | "afternoon",
        /// Evening light.
        Evening = "EVENING" | "evening",
        /// After sunset.
        Dusk = "DUSK" | "dusk",
        /// Night.
        Night = "NIGHT" | "night",
    }
}
