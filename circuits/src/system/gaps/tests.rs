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
