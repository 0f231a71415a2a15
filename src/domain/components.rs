//! Who is one: the connected components of things of which some are known to be the same. Pure.

/// For each of `count` nodes the smallest one it is connected with, by whatever way. The order of
/// the pairs does not matter.
///
/// # Panics
/// Where a pair names a node that is not below `count`.
pub fn components(count: usize, pairs: impl IntoIterator<Item = (usize, usize)>) -> Vec<usize> {
    let mut parents: Vec<usize> = (0..count).collect();
    for (one, other) in pairs {
        let (one, other) = (root(&mut parents, one), root(&mut parents, other));
        parents[one.max(other)] = one.min(other);
    }
    (0..count).map(|node| root(&mut parents, node)).collect()
}

/// The smallest node of a tree; halves the way there for those who come after.
fn root(parents: &mut [usize], mut node: usize) -> usize {
    while parents[node] != node {
        parents[node] = parents[parents[node]];
        node = parents[node];
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn chains_and_circles_are_one_and_a_lone_node_stays_alone() {
        assert_eq!(components(7, [(5, 4), (4, 3), (0, 1), (1, 2), (2, 0), (6, 6)]), [0, 0, 0, 3, 3, 3, 6]);
        assert_eq!(components(0, []), Vec::<usize>::new());
    }

    /// The same by spreading the smallest number until nothing changes.
    fn slowly(count: usize, pairs: &[(usize, usize)]) -> Vec<usize> {
        let mut labels: Vec<usize> = (0..count).collect();
        loop {
            let before = labels.clone();
            for (one, other) in pairs {
                let least = labels[*one].min(labels[*other]);
                (labels[*one], labels[*other]) = (least, least);
            }
            if labels == before {
                return labels;
            }
        }
    }

    proptest! {
        #[test]
        fn components_are_the_same_in_any_order_of_the_pairs(
            pairs in prop::collection::vec((0usize..40, 0usize..40), 0..80).prop_flat_map(|pairs| (Just(pairs.clone()), Just(pairs).prop_shuffle()))
        ) {
            let (given, shuffled) = pairs;
            let turned: Vec<_> = shuffled.iter().map(|(one, other)| (*other, *one)).collect();
            let found = components(40, given.clone());
            prop_assert_eq!(&found, &components(40, turned));
            prop_assert_eq!(found, slowly(40, &given));
        }
    }
}
