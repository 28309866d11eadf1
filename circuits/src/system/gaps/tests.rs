use alloc::vec;
use core::ops::Range;

use super::ranges;
use crate::machine::Image;

const END: u32 = 1 << 30;

fn gaps(addresses: &[u32]) -> vec::Vec<Range<u32>> {
    ranges(&Image {
        words: addresses.iter().map(|address| (*address, 0)).collect(),
        ..Image::default()
    })
}

#[test]
fn gaps_are_what_the_image_leaves() {
    let all = 0..END;
    assert_eq!(gaps(&[]), [all]);
    assert_eq!(gaps(&[0, 1, 5]), [2..5, 6..END]);
    assert_eq!(gaps(&[3, 4]), [0..3, 5..END]);
    assert_eq!(gaps(&[0x1_ffff, END - 1]), [0..0x1_ffff, 0x2_0000..END - 1]);
}

#[test]
fn gaps_leave_holes_out() {
    const LOW: u32 = 0x4000;
    const HIGH: u32 = 0x3000_0000;
    let gaps = |addresses: &[u32], holes: &[Range<u32>]| {
        ranges(&Image {
            words: addresses.iter().map(|address| (*address, 0)).collect(),
            holes: holes.to_vec(),
            ..Image::default()
        })
    };
    let both = [0..LOW, HIGH..END];
    assert_eq!(gaps(&[], &both), vec![LOW..HIGH]);
    assert_eq!(gaps(&[LOW, HIGH - 1], &both), vec![LOW + 1..HIGH - 1]);
    assert_eq!(
        gaps(&[LOW + 1, 0x5000], &both),
        [LOW..LOW + 1, LOW + 2..0x5000, 0x5001..HIGH]
    );
    assert_eq!(gaps(&[0, 7], &both[1..]), [1..7, 8..HIGH]);
    assert_eq!(gaps(&[LOW, END - 1], &both[..1]), vec![LOW + 1..END - 1]);
    // Holes that no program has: next to each other, all of memory, with words inside.
    assert_eq!(gaps(&[], &[1..5, 5..9]), [0..1, 9..END]);
    assert_eq!(gaps(&[9], &[1..9, 11..12]), [0..1, 10..11, 12..END]);
    assert_eq!(gaps(&[], &[0..LOW, LOW..END]), []);
    assert_eq!(gaps(&[3], &[2..6]), [0..2, 6..END]);
}
