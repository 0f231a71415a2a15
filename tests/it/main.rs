//! Behaviour across modules: one binary, one module a subject.

mod recorded;
mod support;
mod tenants;
mod truth;
