//! Functions of our own inside DuckDB, first of all the calendar: our build has no ICU extension, so
//! days in a zone are computed here.

mod arguments;
mod calendar;
mod channels;
mod landed_pages;
mod minor_units;

pub use channels::RulesInUse;
pub use landed_pages::ListedPage;

use super::error::{Context, WarehouseError};
use calendar::{LocalDate, LocalHour};
use channels::ChannelBy;
use duckdb::Connection;
use landed_pages::LandedPages;
use minor_units::{DecimalsOf, MinorAmount};

/// Makes our functions known to a database; clones of the connection see them too.
pub fn register(connection: &Connection) -> Result<(), WarehouseError> {
    connection
        .register_table_function::<LandedPages>("landed_pages")
        .context(|| "registering landed_pages".to_owned())?;
    connection.register_scalar_function::<ChannelBy>("channel_by").context(|| "registering channel_by".to_owned())?;
    connection
        .register_scalar_function::<DecimalsOf>("decimals_of")
        .context(|| "registering decimals_of".to_owned())?;
    connection
        .register_scalar_function::<MinorAmount>("minor_amount")
        .context(|| "registering minor_amount".to_owned())?;
    connection.register_scalar_function::<LocalDate>("local_date").context(|| "registering local_date".to_owned())?;
    connection.register_scalar_function::<LocalHour>("local_hour").context(|| "registering local_hour".to_owned())
}
