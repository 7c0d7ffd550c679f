//! Ranges cut into tiles, and copies of what is short.

use std::ops::Range;

/// Consecutive tiles of a range, `size` long but for the last.
pub(crate) fn tiles(range: Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> {
    let mut next = range.start;
    // Not `step_by`, which divides to know its length.
    std::iter::from_fn(move || {
        let first = next;
        next = range.end.min(first + size.max(1));
        (first < range.end).then_some(first..next)
    })
}

/// Copies some dozen numbers, eight at a time, which the compiler turns into a few moves: calls of the
/// general copy would take longer than what they copy.
#[inline(always)]
pub(crate) fn copy_short<T: Copy>(from: &[T], to: &mut [T]) {
    let (mut sources, mut copies) = (from.chunks_exact(8), to.chunks_exact_mut(8));
    for (source, copy) in sources.by_ref().zip(copies.by_ref()) {
        copy[..8].copy_from_slice(&source[..8]);
    }
    for (&number, copy) in sources.remainder().iter().zip(copies.into_remainder()) {
        *copy = number;
    }
}
