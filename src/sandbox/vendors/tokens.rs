//! Access tokens that a vendor gives out.

use axum::http::HeaderMap;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Tokens given out and how often each was used.
#[derive(Debug)]
pub struct Tokens {
    /// What each begins with.
    prefix: &'static str,
    most_uses: u64,
    uses: Mutex<HashMap<String, u64>>,
}

impl Tokens {
    pub fn new(prefix: &'static str, most_uses: u64) -> Self {
        Self { prefix, most_uses, uses: Mutex::default() }
    }

    pub fn grant(&self) -> String {
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        let token = format!("{}.sandbox-{}", self.prefix, uses.len() + 1);
        uses.insert(token.clone(), 0);
        token
    }

    pub fn accepts(&self, headers: &HeaderMap) -> bool {
        let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(count) = given.strip_prefix("Bearer ").and_then(|token| uses.get_mut(token)) else {
            return false;
        };
        *count += 1;
        *count <= self.most_uses
    }
}
