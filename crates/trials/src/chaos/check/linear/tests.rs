//! Histories of which it is known whether they are linearizable.

use fastrand::Rng;

use super::*;

const BOUNDS: usize = 100_000;

fn read(version: i32, data: &str) -> Action {
    Action::Read(Cell { versions: [version, 0], data: data.into() })
}

fn set(wanted: Option<i32>, data: &str, told: Option<i32>) -> Action {
    Action::Set { wanted: [wanted, None], data: data.into(), both: false, told }
}

fn missed(wanted: i32) -> Action {
    Action::Missed { wanted: [Some(wanted), None] }
}

/// Operations with their beginnings and ends; an end of 0 is none.
fn verdict(operations: &[(usize, usize, Action)]) -> Verdict {
    let spans = operations.iter().map(|(begun, over, action)| {
        let over = (*over > 0).then_some(*over);
        Span { begun: *begun, over, action: action.clone() }
    });
    search(&Register, &spans.collect::<Vec<_>>(), BOUNDS)
}

fn is_good(operations: &[(usize, usize, Action)]) {
    assert_eq!(verdict(operations), Verdict::Linearizable, "{operations:?}");
}

fn is_bad(operations: &[(usize, usize, Action)]) {
    let verdict = verdict(operations);
    assert!(matches!(verdict, Verdict::Not { .. }), "{verdict:?}: {operations:?}");
}

#[test]
fn one_after_another() {
    is_good(&[]);
    is_good(&[(1, 2, read(0, "0"))]);
    is_good(&[(1, 2, set(Some(0), "a", Some(1))), (3, 4, read(1, "a"))]);
    is_bad(&[(1, 2, read(1, "a"))]);
    is_bad(&[(1, 2, set(Some(0), "a", Some(1))), (3, 4, read(0, "0"))]);
    is_bad(&[(1, 2, set(Some(0), "a", Some(2)))]);
}

#[test]
fn a_read_may_show_a_write_that_is_under_way_or_not() {
    let write = (1, 9, set(None, "a", Some(1)));
    is_good(&[write.clone(), (2, 3, read(0, "0")), (4, 5, read(1, "a"))]);
    is_bad(&[write.clone(), (2, 3, read(1, "a")), (4, 5, read(0, "0"))]);
    is_good(&[write.clone(), (2, 6, read(1, "a")), (4, 5, read(0, "0"))]);
    is_bad(&[write, (10, 11, read(0, "0"))]);
}

#[test]
fn of_two_that_want_one_version_one_gets_it() {
    let first = (1, 5, set(Some(0), "a", Some(1)));
    is_good(&[first.clone(), (2, 6, missed(0))]);
    is_bad(&[first.clone(), (2, 6, set(Some(0), "b", Some(1)))]);
    is_bad(&[(1, 2, missed(0)), (3, 4, set(Some(0), "a", Some(1)))]);
    is_bad(&[first, (6, 7, missed(1))]);
}

#[test]
fn what_nobody_knows_of_took_effect_any_time_or_never() {
    let unknown = (1, 0, set(Some(0), "a", None));
    is_good(std::slice::from_ref(&unknown));
    is_good(&[unknown.clone(), (2, 3, read(0, "0")), (4, 5, read(0, "0"))]);
    is_good(&[unknown.clone(), (2, 3, read(0, "0")), (4, 5, read(1, "a"))]);
    is_bad(&[unknown.clone(), (2, 3, read(1, "a")), (4, 5, read(0, "0"))]);
    // Not before it was begun, and not twice.
    is_bad(&[(1, 2, read(1, "a")), (3, 0, set(Some(0), "a", None))]);
    is_bad(&[unknown.clone(), (2, 3, set(Some(1), "b", Some(2))), (4, 5, read(1, "a"))]);
    is_bad(&[unknown, (2, 3, read(2, "a"))]);
}

#[test]
fn an_acknowledged_write_that_is_gone_is_found() {
    is_bad(&[
        (1, 2, set(Some(0), "a", Some(1))),
        (3, 4, set(Some(0), "b", Some(1))),
        (5, 6, read(1, "b")),
    ]);
}

#[test]
fn two_counters_are_one() {
    let read = |versions, data: &str| Action::Read(Cell { versions, data: data.into() });
    let up = |wanted: [i32; 2], data: &str, told| Action::Set {
        wanted: wanted.map(Some),
        data: data.into(),
        both: true,
        told: Some(told),
    };
    is_good(&[(1, 2, up([0, 0], "1", 1)), (3, 4, up([1, 1], "2", 2)), (5, 6, read([2, 2], "2"))]);
    is_bad(&[(1, 2, up([0, 0], "1", 1)), (3, 4, read([1, 0], "1"))]);
}

#[test]
fn what_does_not_fit_is_named() {
    let bad = [(1, 2, set(None, "a", Some(1))), (3, 4, read(7, "z")), (5, 6, read(1, "a"))];
    assert_eq!(verdict(&bad), Verdict::Not { reached: 1 });
}

#[test]
fn memory_is_bounded() {
    // So many that may all come first, and a read that shows none of them.
    let mut operations: Vec<_> =
        (1..30).map(|number| (number, 0, set(None, &number.to_string(), None))).collect();
    operations.push((100, 101, read(0, "never")));
    let spans = operations.iter().map(|(begun, _, action)| Span {
        begun: *begun,
        over: (*begun == 100).then_some(101),
        action: action.clone(),
    });
    let spans: Vec<_> = spans.collect();
    assert_eq!(search(&Register, &spans, 1_000), Verdict::Undecided);
}

/// Histories made by a register: each operation takes effect at a moment between its beginning and its
/// end. All of them are linearizable, and hardly any is once a value that was read is another one's.
#[test]
fn whatever_a_register_does_is_linearizable_and_what_it_cannot_do_is_not() {
    let mut caught = 0;
    for seed in 0..300 {
        let mut rng = Rng::with_seed(seed);
        let mut spans = made(&mut rng, 60);
        assert_eq!(search(&Register, &spans, BOUNDS), Verdict::Linearizable, "seed {seed}");
        let reads = spans.iter_mut().filter_map(|span| match &mut span.action {
            Action::Read(cell) => Some(cell),
            _ => None,
        });
        let mut reads: Vec<_> = reads.collect();
        let place = rng.usize(0..reads.len());
        reads[place].versions[0] += if rng.bool() { 3 } else { -3 };
        caught += usize::from(search(&Register, &spans, BOUNDS) != Verdict::Linearizable);
    }
    assert!(caught > 290, "{caught} of 300");
}

fn made(rng: &mut Rng, count: usize) -> Vec<Span<Action>> {
    let mut state = Register.first();
    let mut spans = Vec::new();
    for number in 0..count {
        // Effects are a hundred apart, and operations up to four hundred long.
        let effect = 1_000 + number * 100;
        let begun = effect - rng.usize(1..200) * 2 - 1;
        let over = effect + rng.usize(1..200) * 2;
        let (action, lost) = act(rng, &mut state, number);
        let over = (!lost).then_some(over);
        spans.push(Span { begun, over, action });
    }
    spans
}

/// Does something to the register; and whether nobody is told.
fn act(rng: &mut Rng, state: &mut Cell, number: usize) -> (Action, bool) {
    if rng.bool() {
        return (Action::Read(state.clone()), false);
    }
    let version = state.versions[0] - i32::from(rng.u8(0..3) == 0);
    let wanted = [Some(version), None];
    if version != state.versions[0] {
        return (Action::Missed { wanted }, false);
    }
    let (data, lost) = (number.to_string(), rng.u8(0..8) == 0);
    let takes_effect = !lost || rng.bool();
    if takes_effect {
        state.versions[0] += 1;
        state.data.clone_from(&data);
    }
    let told = (!lost).then_some(version + 1);
    (Action::Set { wanted, data, both: false, told }, lost)
}
