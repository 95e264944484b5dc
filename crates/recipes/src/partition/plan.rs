//! Who works on what: from the names of the members to a share.

/// How a set is split: from the items and the members, both sorted, and one's own place among the
/// members, to one's own share. All members must use the same.
pub type Split = fn(items: &[String], members: &[String], own: usize) -> Vec<String>;

/// Every so many-th item: the usual split, kazoo's own.
///
/// ```
/// use zookit_recipes::partition::every_nth;
/// let items = ["a", "b", "c", "d", "e"].map(String::from);
/// let members = ["x", "y"].map(String::from);
/// assert_eq!(every_nth(&items, &members, 0), ["a", "c", "e"]);
/// assert_eq!(every_nth(&items, &members, 1), ["b", "d"]);
/// ```
#[must_use]
pub fn every_nth(items: &[String], members: &[String], own: usize) -> Vec<String> {
    items.iter().skip(own).step_by(members.len().max(1)).cloned().collect()
}

/// The share of the member of this name; `None` if it is not among those that are listed. The items
/// are sorted.
pub(super) fn share(
    items: &[String],
    names: &[String],
    own: &str,
    split: Split,
) -> Option<Vec<String>> {
    if !names.iter().any(|name| name == own) {
        return None;
    }
    let mut members: Vec<String> = names.iter().map(|name| member(name).to_owned()).collect();
    members.sort_unstable();
    let own = members.iter().position(|other| other == member(own))?;
    Some(split(items, &members, own))
}

/// Who a child of the party is: what stands behind the first hyphen, as kazoo has it.
fn member(name: &str) -> &str {
    name.split_once('-').map_or(name, |(_, member)| member)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn members_are_called_as_kazoo_calls_them() {
        assert_eq!(member("0f0e9aa28d244a9f8f2c4f5c2d6e7b10-host-7"), "host-7");
        assert_eq!(
            member("_c_0f0e9aa2-8d24-4a9f-member-0000000003"),
            "8d24-4a9f-member-0000000003"
        );
        assert_eq!(member("plain"), "plain");
    }

    #[test]
    fn who_is_not_listed_has_no_share() {
        let items = ["a".to_owned()];
        assert_eq!(share(&items, &["1-x".to_owned()], "2-y", every_nth), None);
        assert_eq!(share(&items, &["1-x".to_owned()], "1-x", every_nth).unwrap(), ["a"]);
    }

    proptest! {
        #[test]
        fn every_item_is_one_members(
            items in prop::collection::btree_set("[a-z]{1,3}", 0..20),
            members in prop::collection::btree_set("[a-z]{1,3}", 1..8),
        ) {
            let items: Vec<String> = items.into_iter().collect();
            let names: Vec<String> = members.iter().map(|name| format!("0-{name}")).collect();
            let shares: Vec<Vec<String>> = names
                .iter()
                .map(|own| share(&items, &names, own, every_nth).unwrap())
                .collect();
            let all: Vec<&String> = shares.iter().flatten().collect();
            prop_assert_eq!(all.len(), items.len());
            prop_assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), items.iter().collect());
            let least = shares.iter().map(Vec::len).min();
            prop_assert!(shares.iter().all(|share| share.len() <= least.unwrap() + 1));
        }
    }
}
