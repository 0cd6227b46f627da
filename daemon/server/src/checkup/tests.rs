//! Names of moments.

use super::*;

#[test]
fn a_moment_names_a_folder() {
    assert_eq!(utc(0), "1970-01-01T00-00-00.000Z");
    assert_eq!(utc(951_782_400_000), "2000-02-29T00-00-00.000Z");
    assert_eq!(utc(1_795_685_261_123), "2026-11-26T09-27-41.123Z");
    assert_eq!(utc(4_107_542_399_999), "2100-02-28T23-59-59.999Z");
    assert_eq!(utc(4_107_542_400_000), "2100-03-01T00-00-00.000Z");
}
