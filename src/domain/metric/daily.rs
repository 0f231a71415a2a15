//! Numbers that have a value for each day and do not add up over days.

/// A column of numbers with a day and a workspace, which does not add up over days.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Daily {
    /// `core` or `mart`.
    pub schema: String,
    pub table: String,
    /// The column of the day.
    pub day: String,
    pub column: String,
}

impl Daily {
    pub fn new(schema: &str, table: &str, day: &str, column: &str) -> Self {
        let [schema, table, day, column] = [schema, table, day, column].map(str::to_owned);
        Self { schema, table, day, column }
    }

    /// As metrics name it, e.g. `mrr_daily.mrr`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }
}
