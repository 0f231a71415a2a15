//! Behaviour across modules: one binary, one module a subject.

mod architecture;
mod figures;
mod recorded;
mod support;
mod tenants;
mod truth;
