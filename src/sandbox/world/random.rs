//! Chance that can be repeated: each tenant, day and purpose has its own stream, so that adding
//! days never changes earlier ones.

use chrono::{Datelike, NaiveDate};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson};
use sha2::{Digest, Sha256};

/// A source of repeatable chance.
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// The stream of a purpose on a day.
    pub fn new(seed: u64, tenant: &str, date: NaiveDate, purpose: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(seed.to_be_bytes());
        hash.update(date.num_days_from_ce().to_be_bytes());
        hash.update(tenant.as_bytes());
        hash.update([0]);
        hash.update(purpose.as_bytes());
        Self(ChaCha8Rng::from_seed(hash.finalize().into()))
    }

    /// Evenly in 0..1.
    pub fn unit(&mut self) -> f64 {
        self.0.random()
    }

    pub fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A count around `mean`.
    pub fn count(&mut self, mean: f64) -> u64 {
        if mean <= 0.0 {
            return 0;
        }
        Poisson::new(mean).map_or(0, |poisson| poisson.sample(&mut self.0) as u64)
    }

    /// How many of `count` it happens to.
    pub fn share(&mut self, count: u64, probability: f64) -> u64 {
        (0..count).filter(|_| self.happens(probability)).count() as u64
    }

    /// A whole number in `low..high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.random_range(low..high)
    }

    /// An index by weight; weights sum to about 1.
    pub fn pick(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        weights.len() - 1
    }
}
