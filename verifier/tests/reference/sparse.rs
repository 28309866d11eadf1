//! Functions on bits that have a default value almost everywhere: the others, by ascending index.

pub type Sparse<T> = Vec<(usize, T)>;

/// Values that differ in the lowest bit of their index only, side by side, under the other bits.
pub fn pairs<T>(values: &[(usize, T)]) -> impl Iterator<Item = (usize, [Option<&T>; 2])> {
    let families = values.chunk_by(|a, b| a.0 >> 1 == b.0 >> 1);
    families.map(|family| {
        let child = |odd| family.iter().find(|(index, _)| index & 1 == odd);
        let value = |odd| child(odd).map(|(_, value)| value);
        (family[0].0 >> 1, [value(0), value(1)])
    })
}
