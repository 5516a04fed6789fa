//! Where a quota keeps what each key used of it: in as many slots as at the start.
//!
//! A key has a slot in each row of a block. What it used is never more than what any of its slots
//! says, since all that it uses goes to each of them, and others only add. So a key has room if one
//! slot has.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use governor::Quota;
use governor::nanos::Nanos;
use governor::state::StateStore;

/// What to do for a key, by its keyed hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) hash: u64,
    pub(super) does: Does,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Does {
    /// Takes a place, if all places that are taken and one more could be charged now.
    Enter,
    /// Gives a place back.
    Leave,
    /// Says whether one could be charged now, places aside.
    Look,
    /// Charges one, and what does not fit is full.
    Charge,
}

pub(super) struct Table {
    blocks: Box<[Mutex<Block>]>,
    /// How far ahead of now the next arrival of a key with one left may be.
    tolerance: Nanos,
}

/// Its slots change together.
type Block = [[Slot; WIDTH]; ROWS];

const ROWS: usize = 2;
const WIDTH: usize = 128;

#[derive(Clone, Copy, Default)]
struct Slot {
    /// GCRA's theoretical arrival time, in nanoseconds: until then this is in use.
    arrival: u64,
    places: u32,
}

impl Table {
    pub(super) fn new(slots: usize, quota: Quota) -> Self {
        let blocks = (slots / (ROWS * WIDTH)).max(1);
        let interval = Nanos::from(quota.replenish_interval());
        Self {
            blocks: (0..blocks).map(|_| Mutex::new([[Slot::default(); WIDTH]; ROWS])).collect(),
            tolerance: interval * u64::from(quota.burst_size().get() - 1),
        }
    }

    pub(super) fn memory(&self) -> usize {
        mem::size_of_val(&*self.blocks)
    }

    fn block(&self, hash: u64) -> MutexGuard<'_, Block> {
        let block = (hash >> 32) % self.blocks.len() as u64;
        self.blocks[block as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateStore for Table {
    type Key = Key;

    fn measure_and_replace<T, F, E>(&self, key: &Key, charge: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut block = self.block(key.hash);
        let [one, other] = &mut *block;
        let slots =
            [&mut one[key.hash as usize % WIDTH], &mut other[(key.hash >> 16) as usize % WIDTH]];
        match key.does {
            Does::Enter => {
                let [one, other] = slots.each_ref().map(|slot| slot.room(&charge));
                let entered = one.or(other)?;
                slots.into_iter().for_each(|slot| slot.places = slot.places.saturating_add(1));
                return Ok(entered);
            }
            Does::Look => {
                let least = slots.iter().map(|slot| slot.arrival).min().unwrap_or(0);
                return charge(Some(least.into())).map(|(looked, _)| looked);
            }
            Does::Leave => {
                slots.into_iter().for_each(|slot| slot.places = slot.places.saturating_sub(1));
            }
            Does::Charge => {
                for slot in slots {
                    slot.arrival = match charge(Some(slot.arrival.into())) {
                        Ok((_, next)) => next.into(),
                        // Nothing was ever charged to `None`: it has room, and says what time it is.
                        Err(_) => (charge(None)?.1 + self.tolerance).into(),
                    };
                }
            }
        }
        charge(None).map(|(done, _)| done)
    }
}

impl Slot {
    fn room<T, E>(&self, charge: impl Fn(Option<Nanos>) -> Result<(T, Nanos), E>) -> Result<T, E> {
        let mut arrival = Nanos::from(self.arrival);
        // No more turns than the quota's burst.
        for _ in 0..self.places {
            (_, arrival) = charge(Some(arrival))?;
        }
        charge(Some(arrival)).map(|(room, _)| room)
    }
}
