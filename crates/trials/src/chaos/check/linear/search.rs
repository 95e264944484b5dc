//! The search for an order: Wing and Gong's algorithm, with Lowe's memory.
//!
//! It goes through the beginnings and ends of operations. At a beginning it tries to let the
//! operation take effect next, and goes back to the front; at an end of one that has not, it takes
//! back what it tried last. Which operations had taken effect in which state is remembered, and never
//! tried twice. (G. Lowe, "Testing for linearizability", 2017.)

use std::collections::HashSet;
use std::hash::Hash;

/// What operations are on.
pub trait Model {
    /// Its state.
    type State: Clone + Eq + Hash;
    /// What is done to it, with what was told of that.
    type Action;

    /// The state before everything.
    fn first(&self) -> Self::State;

    /// The state behind it; `None` if what was told cannot be in this state.
    fn step(&self, state: &Self::State, action: &Self::Action) -> Option<Self::State>;
}

/// An operation in time. Moments are all different.
#[derive(Debug, Clone)]
pub struct Span<A> {
    /// When it was begun.
    pub begun: usize,
    /// When it was over; `None`: it may take effect any time behind its beginning, or never.
    pub over: Option<usize>,
    /// What it did.
    pub action: A,
}

/// What the search came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There is an order.
    Linearizable,
    /// There is none. Whatever was tried, the operation of this place was never reached or never
    /// fitted, of all those the furthest.
    Not {
        /// Its place among the operations.
        reached: usize,
    },
    /// More states than allowed would have to be remembered.
    Undecided,
}

/// A set of operations that have taken effect.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Done(Box<[u64]>);

impl Done {
    fn none_of(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)].into_boxed_slice())
    }

    fn set(&mut self, at: usize, done: bool) {
        let bit = 1 << (at % 64);
        if let Some(word) = self.0.get_mut(at / 64) {
            *word = if done { *word | bit } else { *word & !bit };
        }
    }
}

/// A beginning or an end, in a list that goes forth and back. 0 is the head of the list.
#[derive(Debug, Clone, Copy)]
struct Point {
    operation: usize,
    /// Of a beginning: where its end is, if it has one.
    end: Option<usize>,
    is_begin: bool,
    before: usize,
    next: usize,
}

/// The end of the list.
const NONE: usize = usize::MAX;

struct List(Vec<Point>);

impl List {
    fn of<A>(spans: &[Span<A>]) -> Self {
        let mut moments: Vec<(usize, usize, bool)> = Vec::new();
        for (place, span) in spans.iter().enumerate() {
            moments.push((span.begun, place, true));
            moments.extend(span.over.map(|over| (over, place, false)));
        }
        moments.sort_unstable();
        let head = Point { operation: NONE, end: None, is_begin: false, before: NONE, next: NONE };
        let mut points = vec![head];
        let mut begins = vec![NONE; spans.len()];
        for (_, operation, is_begin) in moments {
            let at = points.len();
            if is_begin {
                begins[operation] = at;
            } else {
                points[begins[operation]].end = Some(at);
            }
            points.push(Point { operation, end: None, is_begin, before: at - 1, next: NONE });
            points[at - 1].next = at;
        }
        Self(points)
    }

    fn first(&self) -> usize {
        self.0[0].next
    }

    fn unlink(&mut self, at: usize) {
        let Point { before, next, .. } = self.0[at];
        self.0[before].next = next;
        if next != NONE {
            self.0[next].before = before;
        }
    }

    fn relink(&mut self, at: usize) {
        let Point { before, next, .. } = self.0[at];
        self.0[before].next = at;
        if next != NONE {
            self.0[next].before = at;
        }
    }

    /// Takes out a beginning and its end.
    fn lift(&mut self, begin: usize) {
        self.unlink(begin);
        if let Some(end) = self.0[begin].end {
            self.unlink(end);
        }
    }

    /// Puts both back. The last that was taken out goes first.
    fn put_back(&mut self, begin: usize) {
        if let Some(end) = self.0[begin].end {
            self.relink(end);
        }
        self.relink(begin);
    }
}

/// Looks for an order of these operations, each between its beginning and its end, in which the model
/// tells all that was told. Remembers so many states at most.
pub fn search<M: Model>(model: &M, spans: &[Span<M::Action>], states: usize) -> Verdict {
    let mut list = List::of(spans);
    let mut done = Done::none_of(spans.len());
    let mut state = model.first();
    let mut tried: HashSet<(Done, M::State)> = HashSet::new();
    let mut taken: Vec<(usize, M::State)> = Vec::new();
    let (mut at, mut furthest) = (list.first(), 0);
    // At the end of the list nothing is left but what may never take effect.
    while at != NONE {
        let point = list.0[at];
        if point.is_begin {
            let next = model.step(&state, &spans[point.operation].action);
            let next = next.filter(|next| {
                done.set(point.operation, true);
                let is_new = tried.insert((done.clone(), next.clone()));
                if !is_new {
                    done.set(point.operation, false);
                }
                is_new
            });
            if tried.len() > states {
                return Verdict::Undecided;
            }
            if let Some(next) = next {
                taken.push((at, std::mem::replace(&mut state, next)));
                list.lift(at);
                at = list.first();
            } else {
                at = point.next;
            }
        } else {
            furthest = furthest.max(at);
            let Some((begin, before)) = taken.pop() else {
                return Verdict::Not { reached: list.0[furthest].operation };
            };
            state = before;
            done.set(list.0[begin].operation, false);
            list.put_back(begin);
            at = list.0[begin].next;
        }
    }
    Verdict::Linearizable
}
