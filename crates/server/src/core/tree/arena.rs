//! Where znodes are kept: in chunks, so that growing copies nothing, and named by a number.

use std::num::NonZeroU32;

/// The number of a znode in its tree; given to another one when the znode is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeId(NonZeroU32);

impl NodeId {
    /// The first one given: of the root.
    pub(super) const FIRST: Self = Self(NonZeroU32::MIN);

    const fn place(self) -> (usize, usize) {
        let index = self.0.get().wrapping_sub(1) as usize;
        (index >> CHUNK_BITS, index & (CHUNK - 1))
    }
}

const CHUNK_BITS: u32 = 8;
const CHUNK: usize = 1 << CHUNK_BITS;

/// Values by number.
#[derive(Debug, Clone)]
pub(super) struct Arena<T> {
    /// All full but the last.
    chunks: Vec<Vec<Option<T>>>,
    free: Vec<NodeId>,
    /// The greatest number given yet.
    given: u32,
}

impl<T> Arena<T> {
    pub(super) const fn new() -> Self {
        Self { chunks: Vec::new(), free: Vec::new(), given: 0 }
    }

    /// Keeps it; gives it back if there are `2^32 - 1` already.
    pub(super) fn insert(&mut self, value: T) -> Result<NodeId, T> {
        let id = match self.free.pop() {
            Some(id) => id,
            None => match NonZeroU32::new(self.given.wrapping_add(1)) {
                Some(number) => {
                    self.given = number.get();
                    NodeId(number)
                }
                None => return Err(value),
            },
        };
        let (chunk, slot) = id.place();
        if chunk == self.chunks.len() {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let Some(chunk) = self.chunks.get_mut(chunk) else { return Err(value) };
        match chunk.get_mut(slot) {
            Some(free) => *free = Some(value),
            None => chunk.push(Some(value)),
        }
        Ok(id)
    }

    pub(super) fn remove(&mut self, id: NodeId) -> Option<T> {
        let (chunk, slot) = id.place();
        let value = self.chunks.get_mut(chunk)?.get_mut(slot)?.take()?;
        self.free.push(id);
        Some(value)
    }

    #[inline]
    pub(super) fn get(&self, id: NodeId) -> Option<&T> {
        let (chunk, slot) = id.place();
        self.chunks.get(chunk)?.get(slot)?.as_ref()
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: NodeId) -> Option<&mut T> {
        let (chunk, slot) = id.place();
        self.chunks.get_mut(chunk)?.get_mut(slot)?.as_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_given_again_and_values_stay_where_they_are() {
        let mut arena = Arena::new();
        let ids: Vec<_> = (0..600).map(|value| arena.insert(value).unwrap()).collect();
        assert_eq!(ids[0], NodeId::FIRST);
        for (value, id) in (0..600).zip(&ids) {
            assert_eq!(arena.get(*id), Some(&value));
        }
        assert_eq!(arena.remove(ids[300]), Some(300));
        assert_eq!(arena.remove(ids[300]), None);
        assert_eq!(arena.get(ids[300]), None);
        assert_eq!(arena.insert(1000), Ok(ids[300]));
        *arena.get_mut(ids[300]).unwrap() += 1;
        assert_eq!(arena.get(ids[300]), Some(&1001));
        assert_eq!(arena.get(ids[301]), Some(&301));
    }
}
