//! What is wrong with a definition: a refusal while it is judged, a problem once it is told with its metric.

/// What is wrong with a definition, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub message: String,
    pub remedy: String,
}

impl Refusal {
    pub fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { message: message.into(), remedy: remedy.into() }
    }
}

/// What is wrong with a metric's definition, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("metric {metric}: {message}")]
pub struct RegistryProblem {
    pub metric: String,
    pub message: String,
    pub remedy: String,
}

impl RegistryProblem {
    pub(super) fn new(metric: &str, Refusal { message, remedy }: Refusal) -> Self {
        Self { metric: metric.to_owned(), message, remedy }
    }
}
